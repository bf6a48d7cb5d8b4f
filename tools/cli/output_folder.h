// Long work that fills a folder, which appears complete or not at all: not after an error, not
// after Ctrl-C.
#pragma once

#include <exception>
#include <functional>
#include <ostream>
#include <stdexcept>
#include <string>

#include "tools/cli/aside_folder.h"
#include "tools/cli/console.h"
#include "tools/cli/errors.h"
#include "tools/cli/interrupt.h"

namespace filigree::tools {

// Called between steps of long work; what it throws ends the work.
using Checkpoint = std::function<void()>;

// Thrown by the checkpoints of make_folder() after Ctrl-C.
class Interrupted : public std::exception {};

// Runs write(folder, checkpoint), where `folder` is an AsideFolder that becomes `target` when it
// returns. An std::invalid_argument becomes an InputError that names `target`.
template <class Write>
ExitCode make_folder(const std::string& target, Console& console, Write write) {
  const Interrupt interrupt;
  const Checkpoint checkpoint = [&] {
    if (interrupt.requested()) throw Interrupted();
  };
  try {
    AsideFolder folder(target);
    write(folder, checkpoint);
    checkpoint();
    folder.commit();
    return ExitCode::kOk;
  } catch (const Interrupted&) {
    console.err << "filigree: interrupted; nothing was written\n";
    return ExitCode::kInterrupted;
  } catch (const std::invalid_argument& error) {
    throw InputError(target + ": " + error.what());
  }
}

}  // namespace filigree::tools
