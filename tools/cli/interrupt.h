// Ctrl-C (SIGINT) and SIGTERM as a question. Only one Interrupt may exist at a time.
#pragma once

namespace filigree::tools {

// While it lives, the first signal only sets the flag; a second one ends the process as usual. The
// former handlers come back when it dies.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const noexcept;
};

}  // namespace filigree::tools
