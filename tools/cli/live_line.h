// One line on the terminal that is written over again while something runs.
#pragma once

#include <string>

#include "tools/cli/console.h"

namespace filigree::tools {

// Writes nothing when the error stream is not a terminal. Not thread-safe.
class LiveLine {
 public:
  explicit LiveLine(Console& console) : console_(console) {}
  ~LiveLine() { wipe(); }
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  // `text` has no line break and should be short enough for a line.
  void show(const std::string& text);
  // For others to write on a fresh line.
  void wipe();

 private:
  Console& console_;
  bool shown_ = false;
};

}  // namespace filigree::tools
