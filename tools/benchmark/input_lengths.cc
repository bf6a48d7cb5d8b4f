#include "tools/benchmark/input_lengths.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <string_view>

#include "tools/benchmark/squad_lengths.h"
#include "tools/cli/errors.h"
#include "tools/cli/files.h"
#include "tools/cli/json.h"

namespace filigree::tools {
namespace {

constexpr std::size_t kMostTokens = std::size_t{1} << 20;
// All of them are kept as sequences while the benchmark runs.
constexpr std::size_t kMostLines = 16384;
constexpr std::string_view kFilePrefix = "file:";

std::optional<std::size_t> tokens_of(std::string_view text) {
  std::size_t tokens = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), tokens);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  if (tokens < 1 || tokens > kMostTokens) return std::nullopt;
  return tokens;
}

std::vector<std::size_t> lengths_of_file(const std::string& file) {
  std::istringstream lines(read_file(file));
  std::vector<std::size_t> lengths;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (is_blank(line)) continue;
    if (line.ends_with('\r')) line.pop_back();
    const auto tokens = tokens_of(line);
    const std::string where = file + ":" + std::to_string(number);
    if (!tokens)
      throw InputError(where + ": found '" + line.substr(0, 40) +
                       "', expected a number of tokens from 1 to " + std::to_string(kMostTokens));
    if (lengths.size() == kMostLines)
      throw InputError(where + ": expected at most " + std::to_string(kMostLines) + " lengths");
    lengths.push_back(*tokens);
  }
  if (lengths.empty()) throw InputError(file + ": has no lengths, expected one a line");
  return lengths;
}

}  // namespace

InputLengths InputLengths::fixed(std::size_t tokens) {
  InputLengths lengths(Kind::kRange, std::to_string(tokens));
  lengths.least_ = lengths.most_ = tokens;
  return lengths;
}

InputLengths InputLengths::parse(const std::string& text) {
  if (text == "squad") return InputLengths(Kind::kSquad, text);
  if (text.starts_with(kFilePrefix)) {
    InputLengths lengths(Kind::kList, text);
    lengths.list_ = lengths_of_file(text.substr(kFilePrefix.size()));
    return lengths;
  }
  const std::size_t dash = text.find('-');
  const auto least = tokens_of(std::string_view(text).substr(0, dash));
  const auto most =
      dash == std::string::npos ? least : tokens_of(std::string_view(text).substr(dash + 1));
  if (!least || !most || *least > *most)
    throw UsageError("flag '--input-lengths' is '" + text +
                     "', expected a number of tokens, a range such as 16-384, squad or file:PATH");
  InputLengths lengths(Kind::kRange, text);
  lengths.least_ = *least;
  lengths.most_ = *most;
  return lengths;
}

void InputLengths::limit_to(std::size_t limit, const std::string& whose) {
  limit_ = std::min(limit_, limit);
  const std::size_t longest = kind_ == Kind::kList    ? std::ranges::max(list_)
                              : kind_ == Kind::kRange ? most_
                                                      : 0;
  if (longest > limit)
    throw UsageError("the input length " + std::to_string(longest) + " is above " + whose + ", " +
                     std::to_string(limit));
}

std::size_t InputLengths::one(std::size_t index, Random& random) const {
  if (kind_ == Kind::kList) return list_[index % list_.size()];
  if (kind_ == Kind::kSquad) return std::min(squad_length(random.bits()), limit_);
  return least_ + static_cast<std::size_t>(random.below(most_ - least_ + 1));
}

std::vector<std::size_t> InputLengths::draw(std::size_t count, Random& random) const {
  std::vector<std::size_t> lengths(count);
  for (std::size_t i = 0; i < count; ++i) lengths[i] = one(i, random);
  return lengths;
}

std::size_t InputLengths::cycle() const noexcept {
  if (kind_ == Kind::kList) return list_.size();
  return kind_ == Kind::kRange && least_ == most_ ? 1 : 0;
}

}  // namespace filigree::tools
