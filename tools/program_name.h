// What the program does when it is called by another name: a symbolic link named after a program
// that filigree takes over from.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace filigree::tools {

// The words for run_program(): those after the program's own name, behind the command that the name
// stands for. "/usr/bin/deepsparse.server --task qa" gives {"serve", "--task", "qa"}. A name that
// begins with "deepsparse." and stands for nothing becomes the command itself, which does not
// exist: an error that names it.
std::vector<std::string> command_words(std::span<const char* const> arguments);

}  // namespace filigree::tools
