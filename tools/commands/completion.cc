#include <ostream>

#include "serve/http/version.h"
#include "tools/cli/manual.h"
#include "tools/commands/commands.h"

namespace filigree::tools {
namespace {

std::vector<Usage> all_usages() {
  std::vector<Usage> usages;
  for (Command& command : all_commands()) usages.push_back(std::move(command.usage));
  return usages;
}

ExitCode completion(const Arguments& arguments, Console& console) {
  const std::string shell = arguments.operands().empty() ? "" : arguments.operands()[0];
  if (shell == "bash")
    console.out << bash_completion(all_usages());
  else if (shell == "zsh")
    console.out << zsh_completion(all_usages());
  else
    throw UsageError("the shell is '" + shell + "', expected bash or zsh");
  return ExitCode::kOk;
}

ExitCode manual(const Arguments&, Console& console) {
  console.out << man_page(all_usages(), "filigree " + std::string(serve::version()));
  return ExitCode::kOk;
}

}  // namespace

Command completion_command() {
  return {.usage = {.command = "completion",
                    .summary = "Prints a script that completes commands and flags in a shell.",
                    .operands = "bash|zsh",
                    .max_operands = 1,
                    .flags = {},
                    .example = "source <(filigree completion bash)\n"
                               "  filigree completion zsh > ~/.zfunc/_filigree"},
          .run = completion};
}

Command manual_command() {
  return {.usage = {.command = "manual",
                    .summary = "Prints the manual page of the program.",
                    .operands = "",
                    .flags = {},
                    .example = "filigree manual | man -l -"},
          .run = manual};
}

}  // namespace filigree::tools
