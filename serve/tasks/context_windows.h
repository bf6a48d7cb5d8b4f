// How a long context is cut into overlapping windows beside a question.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace filigree::serve {

struct WindowRequest {
  std::size_t question_tokens = 0;
  std::size_t context_tokens = 0;
  std::size_t room = 0;        // tokens of a window without special ones; at least 2
  std::size_t doc_stride = 0;  // overlap
  std::optional<std::size_t> num_spans;
};

struct TokenRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const TokenRange&) const = default;
};

struct WindowPlan {
  std::size_t question_tokens = 0;  // that are kept
  std::vector<TokenRange> ranges;   // of context tokens; at least one, possibly empty
  std::string warning;              // what was cut or changed; empty: nothing
};

// A window costs memory before any is computed, and beside a question that leaves the context
// little more than the overlap every token of it begins one. 2 MiB of English need about 9,000
// beside an ordinary question.
inline constexpr std::size_t kMaxWindows = 16384;

// When both texts fit into `room` there is one window. Else the question keeps its tokens when they
// leave the context more than `doc_stride`; if not, at most half of the room (rounded down) or what
// the context leaves. The context gets the rest; windows begin every (rest - overlap) tokens until
// one reaches the end of the context, or there are `num_spans` or kMaxWindows of them. An overlap
// not smaller than the rest becomes half of it.
WindowPlan plan_windows(const WindowRequest& request);

}  // namespace filigree::serve
