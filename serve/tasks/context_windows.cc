#include "serve/tasks/context_windows.h"

#include <algorithm>
#include <cassert>

namespace filigree::serve {
namespace {

void add_warning(std::string& warnings, const std::string& text) {
  if (!warnings.empty()) warnings += "; ";
  warnings += text;
}

}  // namespace

WindowPlan plan_windows(const WindowRequest& request) {
  assert(request.room >= 2);
  WindowPlan plan{.question_tokens = request.question_tokens, .ranges = {}, .warning = {}};
  // Written so that no sum of untrusted counts is formed.
  const std::size_t left_by_context = request.room - std::min(request.room, request.context_tokens);
  const std::size_t question_limit = std::max(request.room / 2, left_by_context);
  const bool windows_advance = request.question_tokens < request.room &&
                               request.doc_stride < request.room - request.question_tokens;
  if (request.question_tokens > question_limit && !windows_advance) {
    plan.question_tokens = question_limit;
    add_warning(plan.warning, "the question has " + std::to_string(request.question_tokens) +
                                  " tokens, the window of " + std::to_string(request.room) +
                                  " leaves it " + std::to_string(question_limit) +
                                  ": only its first " + std::to_string(question_limit) +
                                  " tokens are used");
  }
  const std::size_t capacity = request.room - plan.question_tokens;
  std::size_t overlap = request.doc_stride;
  if (overlap >= capacity && request.context_tokens > capacity) {
    overlap = capacity / 2;
    add_warning(plan.warning, "doc_stride " + std::to_string(request.doc_stride) +
                                  " does not fit into the " + std::to_string(capacity) +
                                  " tokens that the question leaves to the context: " +
                                  std::to_string(overlap) + " is used");
  }
  const std::size_t most = std::min(request.num_spans.value_or(kMaxWindows), kMaxWindows);
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = begin + std::min(capacity, request.context_tokens - begin);
    plan.ranges.push_back({begin, end});
    if (end == request.context_tokens) break;
    if (plan.ranges.size() >= most) {
      const std::string count = std::to_string(most);
      add_warning(plan.warning, (request.num_spans == most ? "num_spans " + count
                                                           : "the limit of " + count + " windows") +
                                    " leaves out the context after its first " +
                                    std::to_string(end) + " of " +
                                    std::to_string(request.context_tokens) + " tokens");
      break;
    }
    begin += capacity - overlap;
  }
  return plan;
}

}  // namespace filigree::serve
