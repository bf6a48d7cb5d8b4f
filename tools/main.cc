#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "tools/program.h"
#include "tools/program_name.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> words = filigree::tools::command_words({argv, argv + argc});
  filigree::tools::Console console{.in = std::cin,
                                   .out = std::cout,
                                   .err = std::cerr,
                                   .err_is_terminal = ::isatty(STDERR_FILENO) == 1};
  return static_cast<int>(filigree::tools::run_program(words, console));
}
