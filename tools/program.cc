#include "tools/program.h"

#include <algorithm>
#include <ostream>
#include <vector>

#include "serve/http/version.h"
#include "tools/cli/arguments.h"
#include "tools/commands/commands.h"

namespace filigree::tools {

std::vector<Command> all_commands() {
  return {serve_command(),       run_command(),        eval_squad_command(),
          tokenize_command(),    inspect_command(),    analyze_command(),
          compare_command(),     verify_command(),     make_model_command(),
          prune_command(),       quantize_command(),   check_hardware_command(),
          selftest_command(),    benchmark_command(),  benchmark_pipeline_command(),
          load_command(),        pack_command(),       cache_list_command(),
          cache_clear_command(), completion_command(), manual_command()};
}

namespace {

std::string program_version() { return "filigree " + std::string(serve::version()); }

std::string overview(const std::vector<Command>& commands) {
  std::string text =
      program_version() +
      ": sparse language models on ordinary processors\n\nusage: filigree COMMAND [flags]\n\n";
  std::size_t width = 0;
  for (const Command& command : commands) width = std::max(width, command.usage.command.size());
  for (const Command& command : commands)
    text += "  " + command.usage.command +
            std::string(width - command.usage.command.size() + 2, ' ') + command.usage.summary +
            "\n";
  return text +
         "\n'filigree COMMAND --help' tells more; 'filigree --version' prints the version.\n"
         "Exit codes: 0 done, 1 the result says no, 2 wrong usage or input.\n";
}

// How many words of `words` are the name of `command`; 0: it is another one.
std::size_t name_words(const std::string& name, std::span<const std::string> words) {
  const std::size_t space = name.find(' ');
  if (words.empty() || words[0] != name.substr(0, space)) return 0;
  if (space == std::string::npos) return 1;
  return words.size() > 1 && words[1] == name.substr(space + 1) ? 2 : 0;
}

bool asks_for_help(std::span<const std::string> words) {
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

// Those of two words, of which `word` is the first: "cache" of "cache list".
std::vector<Usage> usages_after(const std::string& word, const std::vector<Command>& commands) {
  std::vector<Usage> usages;
  for (const Command& command : commands)
    if (command.usage.command.starts_with(word + " ")) usages.push_back(command.usage);
  return usages;
}

[[noreturn]] void unknown_command(const std::vector<Command>& commands,
                                  std::span<const std::string> words) {
  std::string longer;
  for (const Usage& usage : usages_after(words[0], commands))
    longer += (longer.empty() ? "filigree " : " or filigree ") + usage.command;
  if (!longer.empty()) throw UsageError("'" + words[0] + "' needs to know what: " + longer);
  std::vector<std::string> names{"help"};
  for (const Command& command : commands) names.push_back(command.usage.command);
  const std::string near = nearest_word(words[0], names);
  throw UsageError("there is no command '" + words[0] + "'" +
                   (near.empty() ? "" : "; did you mean '" + near + "'") +
                   " (see 'filigree help')");
}

ExitCode run_command_line(const Command& command, std::span<const std::string> words,
                          Console& console) {
  if (asks_for_help(words)) {
    console.out << help_text(command.usage);
    return ExitCode::kOk;
  }
  try {
    return command.run(Arguments(command.usage, words), console);
  } catch (const UsageError& error) {
    throw UsageError(std::string(error.what()) + " (see 'filigree " + command.usage.command +
                     " --help')");
  }
}

ExitCode dispatch(std::span<const std::string> words, Console& console) {
  const std::vector<Command> commands = all_commands();
  bool wants_help = false;
  if (!words.empty() && (words[0] == "help" || words[0] == "--help" || words[0] == "-h")) {
    wants_help = true;
    words = words.subspan(1);
  }
  if (words.empty()) {
    (wants_help ? console.out : console.err) << overview(commands);
    return wants_help ? ExitCode::kOk : ExitCode::kInputError;
  }
  if (words[0] == "--version") {
    console.out << program_version() << "\n";
    return ExitCode::kOk;
  }
  for (const Command& command : commands) {
    const std::size_t used = name_words(command.usage.command, words);
    if (used == 0) continue;
    if (!wants_help) return run_command_line(command, words.subspan(used), console);
    console.out << help_text(command.usage);
    return ExitCode::kOk;
  }
  const std::vector<Usage> longer = usages_after(words[0], commands);
  if (longer.empty() || !(wants_help || asks_for_help(words))) unknown_command(commands, words);
  for (const Usage& usage : longer)
    console.out << (&usage == longer.data() ? "" : "\n") << help_text(usage);
  return ExitCode::kOk;
}

}  // namespace

ExitCode run_program(std::span<const std::string> words, Console& console) noexcept {
  try {
    const ExitCode code = dispatch(words, console);
    console.out.flush();
    if (console.out.good()) return code;
    console.err << "filigree: the output could not be written" << std::endl;
  } catch (const std::exception& error) {
    console.err << "filigree: " << error.what() << std::endl;
  }
  return ExitCode::kInputError;
}

}  // namespace filigree::tools
