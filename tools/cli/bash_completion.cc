#include <map>

#include "tools/cli/manual.h"

namespace filigree::tools {
namespace {

// Bash cuts --flag=value at the '='.
constexpr const char* kBeginning = R"(# filigree for bash, as 'filigree completion bash' prints it.
_filigree_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

_filigree() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} flags=''
  local -a words=("${COMP_WORDS[@]:1}")
  local -i index=COMP_CWORD-1
  COMPREPLY=()
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if [[ $prev == --* ]]; then prev=${prev//_/-}; fi
  if [[ ${words[0]} == help ]] && ((index > 0)); then
    words=("${words[@]:1}")
    ((index -= 1))
  fi
  local command=${words[0]}
)";

constexpr const char* kEnd = R"(  if [[ $cur != -* ]]; then return; fi
  if [[ $cur == --*_* ]]; then
    flags=" ${flags//-/_}"
    flags=${flags// __/ --}
  fi
  _filigree_words "$flags"
}
complete -o default -o filenames -F _filigree filigree
)";

// Whether the value of `flag` is the name of a file: FILE, F.yaml, OUT.
bool takes_file(const Flag& flag) { return flag.value == "OUT" || flag.value.starts_with("F"); }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// A flag that takes a file needs no line here: file names are what bash offers by itself.
std::string value_case(const Flag& flag) {
  std::string offered = "compopt +o default";
  if (!flag.choices.empty())
    offered = "_filigree_words '" + joined(listed_words(flag.choices)) + "'";
  else if (flag.value == "DIR")
    offered = "mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")";
  else if (takes_file(flag))
    offered = ":";
  return "        --" + flag.name + ") " + offered + "; return ;;\n";
}

std::string command_case(const Usage& usage) {
  std::vector<std::string> names{"--help"};
  std::string values;
  for (const Flag& flag : usage.flags) {
    names.push_back("--" + flag.name);
    if (!flag.value.empty()) values += value_case(flag);
  }
  return "    '" + usage.command + "')\n      flags='" + joined(names) + "'\n" +
         (values.empty() ? "" : "      case $prev in\n" + values + "      esac\n") + "      ;;\n";
}

}  // namespace

std::string bash_completion(std::span<const Usage> usages) {
  std::vector<std::string> first{"help", "--version", "--help"};
  std::map<std::string, std::vector<std::string>> second;  // of commands of two words
  for (const Usage& usage : usages) {
    const std::size_t space = usage.command.find(' ');
    const std::string word = usage.command.substr(0, space);
    if (!second.contains(word)) first.push_back(word);
    if (space != std::string::npos) second[word].push_back(usage.command.substr(space + 1));
  }
  std::string script = kBeginning;
  script += "  if ((index == 0)); then\n    _filigree_words '" + joined(first) +
            "'\n    return\n  fi\n  case $command in\n";
  for (const auto& [word, rest] : second)
    script += "    " + word + ")\n      if ((index == 1)); then\n        _filigree_words '" +
              joined(rest) +
              "'\n        return\n      fi\n      command+=\" ${words[1]}\"\n      ;;\n";
  script += "  esac\n  case $command in\n";
  for (const Usage& usage : usages) script += command_case(usage);
  return script + "  esac\n" + kEnd;
}

}  // namespace filigree::tools
