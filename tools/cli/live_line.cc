#include "tools/cli/live_line.h"

#include <ostream>

namespace filigree::tools {
namespace {

constexpr const char* kWipe = "\r\x1b[K";

}  // namespace

void LiveLine::wipe() {
  if (shown_) console_.err << kWipe << std::flush;
  shown_ = false;
}

void LiveLine::show(const std::string& text) {
  if (!console_.err_is_terminal) return;
  console_.err << kWipe << text << std::flush;
  shown_ = true;
}

}  // namespace filigree::tools
