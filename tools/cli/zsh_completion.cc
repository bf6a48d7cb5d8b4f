#include <map>

#include "tools/cli/manual.h"

namespace filigree::tools {
namespace {

// Text inside '...' of which zsh's _arguments and _describe read `special` themselves.
std::string quoted(std::string_view text, std::string_view special) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '\'') {
      escaped += "'\\''";
      continue;
    }
    if (letter == '\\' || special.find(letter) != std::string_view::npos) escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

// ":message:action" for the value of `flag`.
std::string value_spec(const Flag& flag) {
  if (flag.value.empty()) return {};
  std::string action = " ";
  if (!flag.choices.empty()) {
    action = "(";
    for (const std::string& word : listed_words(flag.choices))
      action += (action.size() == 1 ? "" : " ") + quoted(word, ": ");
    action += ")";
  } else if (flag.value == "DIR") {
    action = "_files -/";
  } else if (flag.value == "OUT" || flag.value.starts_with("F")) {
    action = "_files";
  }
  return ":" + quoted(flag.value, ":") + ":" + action;
}

std::string command_case(const Usage& usage) {
  std::string text = "    '" + usage.command + "')\n      _arguments \\\n";
  for (const Flag& flag : usage.flags) {
    const std::string equals = flag.value.empty() ? "" : "=";
    text += "        '--" + flag.name + equals + "[" + quoted(flag.help, "[]:") + "]" +
            value_spec(flag) + "' \\\n";
  }
  text += "        '--help[print how the command is used]'";
  if (usage.max_operands > 0) text += " \\\n        '*:" + quoted(usage.operands, ":") + ":_files'";
  return text + "\n      ;;\n";
}

std::string described(const std::string& word, const std::string& summary) {
  return "      '" + quoted(word, ":") + ":" + quoted(summary, ":") + "'\n";
}

}  // namespace

std::string zsh_completion(std::span<const Usage> usages) {
  std::string first = described("help", "Prints how a command is used.");
  std::map<std::string, std::string> second;  // of commands of two words
  for (const Usage& usage : usages) {
    const std::size_t space = usage.command.find(' ');
    const std::string word = usage.command.substr(0, space);
    if (!second.contains(word)) first += described(word, usage.summary);
    if (space != std::string::npos)
      second[word] += described(usage.command.substr(space + 1), usage.summary);
  }
  std::string script =
      "#compdef filigree\n"
      "# filigree for zsh, as 'filigree completion zsh' prints it.\n"
      "_filigree() {\n"
      "  local -a names\n"
      "  shift words\n"
      "  ((CURRENT--))\n"
      "  if [[ $words[1] == help ]] && ((CURRENT > 1)); then\n"
      "    shift words\n"
      "    ((CURRENT--))\n"
      "  fi\n"
      "  if ((CURRENT == 1)); then\n"
      "    names=(\n" +
      first +
      "    )\n"
      "    _describe 'command of filigree' names\n"
      "    return\n"
      "  fi\n"
      "  local name=$words[1]\n"
      "  case $name in\n";
  for (const auto& [word, rest] : second)
    script += "    " + word + ")\n      if ((CURRENT == 2)); then\n        names=(\n" + rest +
              "        )\n        _describe 'what of " + word +
              "' names\n        return\n      fi\n      shift words\n      ((CURRENT--))\n"
              "      name+=\" $words[1]\"\n      ;;\n";
  script += "  esac\n  case $name in\n";
  for (const Usage& usage : usages) script += command_case(usage);
  return script + "  esac\n}\n_filigree \"$@\"\n";
}

}  // namespace filigree::tools
