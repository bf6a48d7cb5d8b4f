// The whole program but for the process: finds the command, parses its arguments, runs it and
// reports errors.
#pragma once

#include <span>
#include <string>

#include "tools/cli/console.h"
#include "tools/cli/errors.h"

namespace filigree::tools {

// `words` are the arguments without the program's name. Every error is one line "filigree:
// <message>" on console.err and ExitCode::kInputError. Never throws.
ExitCode run_program(std::span<const std::string> words, Console& console) noexcept;

}  // namespace filigree::tools
