// What shells and `man` are told about the program, from the same Usage that help is printed from.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/cli/arguments.h"

namespace filigree::tools {

// The manual page filigree(1) in roff with the man macros: every command with its flags and
// example.
std::string man_page(std::span<const Usage> usages, std::string_view version);

// A script for bash to source: commands, flags in the spelling begun ('-' or '_'), values of flags
// that have choices, folders and files. Needs nothing but bash 4.
std::string bash_completion(std::span<const Usage> usages);

// A script for a folder of zsh's fpath, where it must be named _filigree.
std::string zsh_completion(std::span<const Usage> usages);

}  // namespace filigree::tools
