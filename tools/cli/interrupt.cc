#include "tools/cli/interrupt.h"

#include <csignal>

namespace filigree::tools {
namespace {

// A signal handler can reach nothing but globals.
volatile std::sig_atomic_t interrupted = 0;
struct sigaction former_int, former_term;

void note_signal(int) { interrupted = 1; }

}  // namespace

Interrupt::Interrupt() {
  interrupted = 0;
  struct sigaction action = {};
  action.sa_handler = note_signal;
  // Reset after the first signal, so that a second one always works; no SA_RESTART, so that a
  // blocking read returns.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &former_int);
  sigaction(SIGTERM, &action, &former_term);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &former_int, nullptr);
  sigaction(SIGTERM, &former_term, nullptr);
}

bool Interrupt::requested() const noexcept { return interrupted != 0; }

}  // namespace filigree::tools
