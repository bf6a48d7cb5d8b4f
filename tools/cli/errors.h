// How a command ends. Messages are complete: main.cc prints them after "filigree: " and adds
// nothing.
#pragma once

#include <stdexcept>
#include <string>

namespace filigree::tools {

enum class ExitCode : int {
  kOk = 0,
  kResultSaysNo =
      1,  // the command worked, and its answer is no: for example a line that could not be answered
  kInputError = 2,    // wrong usage, or a file or setting that cannot be used
  kInterrupted = 130  // Ctrl-C, as shells report it
};

// Wrong flags or arguments; the reader is pointed at --help.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A file or a value in it that cannot be used.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace filigree::tools
