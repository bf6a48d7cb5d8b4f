// The streams of a command. Commands write to these alone, so that tests can run them in the
// process.
#pragma once

#include <iosfwd>

namespace filigree::tools {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;  // progress is redrawn in place when true, else printed as lines
};

}  // namespace filigree::tools
