// Progress of a long step on the console's error stream: a bar redrawn in place on a terminal, else
// one line for every tenth. Not thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "tools/cli/console.h"

namespace filigree::tools {

class Progress {
 public:
  // `unit` is plural: "questions".
  Progress(Console& console, std::size_t total, std::string unit);
  // Ends the bar's line, so that what follows starts on a fresh one.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance_to(std::size_t done);

 private:
  void draw(std::size_t done);

  Console& console_;
  const std::size_t total_;
  const std::string unit_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point drawn_;
  std::size_t tenths_ = 0;
  bool line_open_ = false;
};

}  // namespace filigree::tools
