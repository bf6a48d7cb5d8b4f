// The search for the best answer span in the logits of one window.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace filigree::serve {

struct SpanLimits {
  std::size_t n_best = 20;  // starts, and ends, that are combined
  std::size_t max_answer_tokens = 15;
  std::size_t first_token = 0;  // of the context in the window
  std::size_t context_tokens = 0;
};

// Tokens of the window, both included.
struct TokenSpan {
  std::size_t first = 0;
  std::size_t last = 0;
  float score = 0;  // start logit + end logit, added in float
};

// The qualifying pair with the largest score; of equal ones the first, trying starts and then ends
// in descending order of logits, of equal logits the later token first. The n_best are taken from
// the whole window, special tokens and question included. A pair whose sum is not finite does not
// qualify. Requires starts.size() == ends.size() >= first_token + context_tokens.
std::optional<TokenSpan> best_span(std::span<const float> starts, std::span<const float> ends,
                                   const SpanLimits& limits);

}  // namespace filigree::serve
