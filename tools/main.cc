#include <fcntl.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "tools/program.h"
#include "tools/program_name.h"

namespace {

// A standard descriptor that whoever started the program has closed would be given to the next file
// or socket, and then get the log. The lowest free descriptor is the next one.
void fill_standard_descriptors() {
  int descriptor = 0;
  do {
    descriptor = ::open("/dev/null", O_RDWR);
  } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor > STDERR_FILENO) ::close(descriptor);
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> words = filigree::tools::command_words({argv, argv + argc});
  filigree::tools::Console console{.in = std::cin,
                                   .out = std::cout,
                                   .err = std::cerr,
                                   .err_is_terminal = ::isatty(STDERR_FILENO) == 1};
  return static_cast<int>(filigree::tools::run_program(words, console));
}
