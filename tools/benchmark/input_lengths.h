// How many tokens the sequences of a benchmark have.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/model_maker/random.h"

namespace filigree::tools {

class InputLengths {
 public:
  // "128", "16-384" (each length as likely as the others), "squad" (what the questions of SQuAD 1.1
  // have together with their paragraphs, squad_lengths.h) or "file:PATH" (a whole number a line,
  // used in turn). Throws UsageError, and InputError naming file and line.
  static InputLengths parse(const std::string& text);
  static InputLengths fixed(std::size_t tokens);

  // For sequences of at most `limit` tokens. SQuAD's are cut to it; of the others, one that is
  // longer is a UsageError that names `whose` limit it is.
  void limit_to(std::size_t limit, const std::string& whose);

  // `count` lengths; the same for equal states of `random`.
  std::vector<std::size_t> draw(std::size_t count, Random& random) const;

  // The fewest that show all there are: the lines of a file, 1 for a fixed length, else 0.
  std::size_t cycle() const noexcept;
  // As it is written for parse().
  const std::string& text() const noexcept { return text_; }

 private:
  enum class Kind { kRange, kSquad, kList };
  InputLengths(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}

  std::size_t one(std::size_t index, Random& random) const;

  Kind kind_;
  std::string text_;
  std::size_t least_ = 1, most_ = 1;  // kRange
  std::vector<std::size_t> list_;     // kList
  std::size_t limit_ = static_cast<std::size_t>(-1);
};

}  // namespace filigree::tools
