// How texts are cut to the length of a sequence.
#pragma once

#include <cstddef>
#include <string>

#include "loader/model.h"
#include "tokenizer/tokenizer.h"

namespace filigree::serve {

// Tokens in a sequence: `wanted`, cut to the model's positions. Throws std::runtime_error when
// they are fewer than `least`; `what` says for what these are needed.
std::size_t usable_length(std::size_t wanted, const loader::Model& model, std::size_t least,
                          const std::string& what);

struct PairLengths {
  std::size_t first = 0;
  std::size_t second = 0;
  bool operator==(const PairLengths&) const = default;
};

// The longer of two texts gives tokens first, as `longest_first` of Hugging Face's tokenizers: down
// to the length of the shorter one, then both share `room`, and of an odd number the longer one
// keeps one more (the second of equally long ones).
PairLengths longest_first(PairLengths texts, std::size_t room);

// Keeps the first `tokens` tokens, when there are more.
void cut(tokenizer::TokenizedText& text, std::size_t tokens);

// Counts the inputs of a request that were cut, for a warning in its answer.
class CutReport {
 public:
  explicit CutReport(std::size_t sequence_length) : sequence_length_(sequence_length) {}

  // Input number `input` would have been `tokens` tokens long, special ones included.
  void add(std::size_t input, std::size_t tokens);

  // "" when nothing was longer than the sequence length.
  std::string warning(std::size_t inputs) const;

 private:
  std::size_t sequence_length_;
  std::size_t cut_ = 0;
  std::size_t first_input_ = 0;
  std::size_t first_tokens_ = 0;
};

}  // namespace filigree::serve
