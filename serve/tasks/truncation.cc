#include "serve/tasks/truncation.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace filigree::serve {

std::size_t usable_length(std::size_t wanted, const loader::Model& model, std::size_t least,
                          const std::string& what) {
  const std::size_t length =
      model.encoder ? std::min(wanted, model.encoder->max_positions) : wanted;
  if (length < least)
    throw std::runtime_error("sequence_length " + std::to_string(length) +
                             " is too small: " + what + " need at least " + std::to_string(least));
  return length;
}

PairLengths longest_first(PairLengths texts, std::size_t room) {
  const bool swapped = texts.first > texts.second;
  std::size_t shorter = std::min(texts.first, texts.second);
  std::size_t longer = std::max(texts.first, texts.second);
  // Written so that no sum of untrusted counts is formed.
  if (shorter <= room && longer <= room - shorter) return texts;
  longer = shorter > room ? shorter : std::max(shorter, room - shorter);
  if (shorter > room || longer > room - shorter) {
    shorter = room / 2;
    longer = room - shorter;
  }
  return swapped ? PairLengths{longer, shorter} : PairLengths{shorter, longer};
}

void cut(tokenizer::TokenizedText& text, std::size_t tokens) {
  if (text.ids.size() <= tokens) return;
  text.ids.resize(tokens);
  text.offsets.resize(tokens);
}

void CutReport::add(std::size_t input, std::size_t tokens) {
  if (tokens <= sequence_length_) return;
  if (cut_ == 0) {
    first_input_ = input;
    first_tokens_ = tokens;
  }
  ++cut_;
}

std::string CutReport::warning(std::size_t inputs) const {
  if (cut_ == 0) return {};
  std::string text = "input " + std::to_string(first_input_) + " has " +
                     std::to_string(first_tokens_) + " tokens, of which sequence_length keeps " +
                     std::to_string(sequence_length_);
  if (cut_ > 1)
    text += "; " + std::to_string(cut_) + " of " + std::to_string(inputs) + " inputs were cut";
  return text;
}

}  // namespace filigree::serve
