// The commands of the program, one file each. A command throws UsageError or InputError
// (tools/cli/errors.h), or what the libraries throw, for what it cannot use.
#pragma once

#include <span>
#include <vector>

#include "tools/cli/arguments.h"
#include "tools/cli/console.h"
#include "tools/cli/errors.h"

namespace filigree::tools {

struct Command {
  Usage usage;
  ExitCode (*run)(const Arguments& arguments, Console& console);
};

Command serve_command();
Command run_command();
Command eval_squad_command();
Command tokenize_command();
Command inspect_command();
Command analyze_command();
Command compare_command();
Command verify_command();
Command make_model_command();
Command prune_command();
Command quantize_command();
Command check_hardware_command();
Command selftest_command();
Command benchmark_command();
Command benchmark_pipeline_command();
Command load_command();
Command pack_command();
Command cache_list_command();
Command cache_clear_command();
Command completion_command();
Command manual_command();

// All of them, in the order in which help shows them (tools/program.cc).
std::vector<Command> all_commands();

}  // namespace filigree::tools
