#include "tools/cli/arguments.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <sstream>

#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

std::string with_dashes(std::string_view name) {
  std::string dashed(name);
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  return dashed;
}

std::string shown(const Flag& flag) {
  std::string text = "--" + flag.name;
  for (const std::string& alias : flag.aliases) text += ", " + alias;
  return text + (flag.value.empty() ? "" : " " + flag.value);
}

bool is_spelling(const Flag& flag, const std::string& typed) {
  return typed == "--" + flag.name ||
         std::any_of(flag.aliases.begin(), flag.aliases.end(),
                     [&](const std::string& alias) { return with_dashes(alias) == typed; });
}

// `typed` has its leading dashes, and '-' between words.
const Flag& known_flag(const Usage& usage, const std::string& typed) {
  const auto found = std::find_if(usage.flags.begin(), usage.flags.end(),
                                  [&](const Flag& flag) { return is_spelling(flag, typed); });
  if (found != usage.flags.end()) return *found;
  if (typed[1] != '-')
    throw UsageError("found '" + typed + "', expected a flag that starts with '--'");
  const std::string name = typed.substr(2);
  std::vector<std::string> names{"help"};
  for (const Flag& flag : usage.flags) names.push_back(flag.name);
  const std::string near = nearest_word(name, names);
  throw UsageError("'" + usage.command + "' has no flag '--" + name + "'" +
                   (near.empty() ? "" : "; did you mean '--" + near + "'"));
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, std::span<const std::string> known) {
  // A third of the letters wrong is still a slip; beyond that a suggestion would only puzzle.
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

std::vector<std::string> listed_words(std::string_view list) {
  std::vector<std::string> words;
  std::string word;
  for (const char letter : std::string(list) + ' ') {
    if (letter != ' ' && letter != ',') {
      word += letter;
      continue;
    }
    if (!word.empty() && word != "or") words.push_back(word);
    word.clear();
  }
  return words;
}

std::string help_text(const Usage& usage) {
  std::string text = "usage: filigree " + usage.command;
  if (!usage.flags.empty()) text += " [flags]";
  if (!usage.operands.empty()) text += " " + usage.operands;
  text += "\n\n" + usage.summary + "\n";
  std::size_t width = std::string_view("--help").size();
  for (const Flag& flag : usage.flags) width = std::max(width, shown(flag).size());
  const auto line = [&](const std::string& left, const std::string& right) {
    text += "  " + left + std::string(width - left.size() + 2, ' ') + right + "\n";
  };
  text += "\nFlags ('-' and '_' mean the same; --flag=value works too):\n";
  for (const Flag& flag : usage.flags) line(shown(flag), flag.help);
  line("--help", "print this text");
  return text + "\nExample:\n  " + usage.example + "\n";
}

Arguments::Arguments(const Usage& usage, std::span<const std::string> words) {
  bool only_operands = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (only_operands || word.size() < 2 || word[0] != '-') {
      operands_.push_back(word);
      continue;
    }
    if (word == "--") {
      only_operands = true;
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string typed = with_dashes(std::string_view(word).substr(0, equals));
    if (typed == "-h" || typed == "--help") {
      wants_help_ = true;
      continue;
    }
    const Flag& flag = known_flag(usage, typed);
    const std::string& name = flag.name;
    std::string value;
    if (equals != std::string::npos) {
      if (flag.value.empty()) throw UsageError("flag '--" + name + "' takes no value");
      value = word.substr(equals + 1);
    } else if (!flag.value.empty()) {
      if (i + 1 == words.size())
        throw UsageError("flag '--" + name + "' needs a value (" + flag.value + ")");
      value = words[++i];
    }
    std::vector<std::string>& values = values_[name];
    if (!values.empty() && flag.times == Flag::Times::kOnce)
      throw UsageError("flag '--" + name + "' is given twice");
    values.push_back(std::move(value));
  }
  if (operands_.size() > usage.max_operands)
    throw UsageError("unexpected argument '" + operands_[usage.max_operands] + "'");
}

std::optional<double> Arguments::decimal(std::string_view flag, double least, double most) const {
  const auto value = text(flag);
  if (!value) return std::nullopt;
  double number = 0;
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, number);
  // Written so that NaN is refused.
  if (error == std::errc{} && stop == end && number >= least && number <= most) return number;
  std::ostringstream limits;
  limits << least << " to " << most;
  throw UsageError("flag '--" + std::string(flag) + "' is '" + *value +
                   "', expected a number from " + limits.str());
}

bool Arguments::has(std::string_view flag) const { return values_.find(flag) != values_.end(); }

std::optional<std::string> Arguments::text(std::string_view flag) const {
  const auto found = values_.find(flag);
  if (found == values_.end()) return std::nullopt;
  return found->second.front();
}

const std::vector<std::string>& Arguments::all(std::string_view flag) const {
  static const std::vector<std::string> none;
  const auto found = values_.find(flag);
  return found == values_.end() ? none : found->second;
}

std::string Arguments::required(std::string_view flag) const {
  if (const auto value = text(flag)) return *value;
  throw UsageError("flag '--" + std::string(flag) + "' is missing");
}

std::optional<std::size_t> Arguments::number(std::string_view flag, std::size_t least,
                                             std::size_t most) const {
  const auto value = text(flag);
  if (!value) return std::nullopt;
  std::size_t number = 0;
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc{} || stop != end || number < least || number > most)
    throw UsageError("flag '--" + std::string(flag) + "' is '" + *value +
                     "', expected a whole number from " + std::to_string(least) + " to " +
                     std::to_string(most));
  return number;
}

}  // namespace filigree::tools
