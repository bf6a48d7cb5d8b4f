// Command-line arguments of one command. Flags may be written with '-' or '_' between words, and as
// "--flag value" or "--flag=value"; "--" ends the flags. A command describes what it takes in a
// Usage; help and parsing come from it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::tools {

struct Flag {
  std::string name;   // with '-' between words, without the leading "--"
  std::string value;  // what help calls the value; empty: the flag takes none
  std::string help;
  std::string choices = {};  // "a, b or c": the values there are, for shells; empty: any
  // Other spellings, with their dashes: "-b". Those of programs that filigree takes over from.
  std::vector<std::string> aliases = {};
  enum class Times { kOnce, kAny } times = Times::kOnce;
};

struct Usage {
  std::string command;   // "eval squad"
  std::string summary;   // one sentence
  std::string operands;  // as help shows them, for example "[MODEL]"; empty: none
  std::size_t max_operands = 0;
  std::vector<Flag> flags;  // --help is understood without being listed
  std::string example;      // one or more complete command lines
};

// The words of "a, b or c".
std::vector<std::string> listed_words(std::string_view list);

// "usage: ..." with every flag and the example; ends with a newline.
std::string help_text(const Usage& usage);

// The known word nearest to `word` by edit distance, when it is near enough to be a slip; else "".
std::string nearest_word(std::string_view word, std::span<const std::string> known);

class Arguments {
 public:
  // Throws UsageError for an unknown flag (naming the nearest known one), a missing or superfluous
  // value, a flag given twice and too many operands.
  Arguments(const Usage& usage, std::span<const std::string> words);

  bool wants_help() const noexcept { return wants_help_; }
  bool has(std::string_view flag) const;
  std::optional<std::string> text(std::string_view flag) const;  // of kAny the first
  // Every value of a flag, in order; of Times::kAny there may be several.
  const std::vector<std::string>& all(std::string_view flag) const;
  // Throws UsageError naming the flag when it is not there.
  std::string required(std::string_view flag) const;
  // A whole number in [least, most]; throws UsageError naming flag, what was found and what is
  // expected.
  std::optional<std::size_t> number(std::string_view flag, std::size_t least,
                                    std::size_t most) const;
  // The same for a number with or without a fraction, "0.5".
  std::optional<double> decimal(std::string_view flag, double least, double most) const;
  const std::vector<std::string>& operands() const noexcept { return operands_; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> operands_;
  bool wants_help_ = false;
};

}  // namespace filigree::tools
