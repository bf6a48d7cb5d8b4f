#include "tools/cli/progress.h"

#include <algorithm>
#include <ostream>

namespace filigree::tools {
namespace {

constexpr std::size_t kBarWidth = 30;
constexpr std::chrono::milliseconds kRedraw(
    100);  // often enough to look alive, too rarely to cost anything

}  // namespace

Progress::Progress(Console& console, std::size_t total, std::string unit)
    : console_(console),
      total_(std::max<std::size_t>(total, 1)),
      unit_(std::move(unit)),
      start_(std::chrono::steady_clock::now()),
      drawn_(start_ - kRedraw) {}

Progress::~Progress() {
  if (line_open_) console_.err << std::endl;
}

void Progress::advance_to(std::size_t done) {
  const auto now = std::chrono::steady_clock::now();
  if (console_.err_is_terminal) {
    if (done < total_ && now - drawn_ < kRedraw) return;
    drawn_ = now;
    draw(done);
    return;
  }
  if (done * 10 / total_ <= tenths_) return;
  tenths_ = done * 10 / total_;
  draw(done);
}

void Progress::draw(std::size_t done) {
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
  const double rate = spent.count() > 0 ? static_cast<double>(done) / spent.count() : 0;
  const std::string text = std::to_string(done * 100 / total_) + " %  " + std::to_string(done) +
                           " of " + std::to_string(total_) + " " + unit_ + "  " +
                           std::to_string(static_cast<std::size_t>(rate)) + "/s";
  if (!console_.err_is_terminal) {
    console_.err << text << std::endl;
    return;
  }
  const std::size_t full = std::min(done, total_) * kBarWidth / total_;
  const auto left = rate > 0 ? static_cast<std::size_t>(static_cast<double>(total_ - done) / rate)
                             : std::size_t{0};
  console_.err << "\r[" << std::string(full, '#') << std::string(kBarWidth - full, ' ') << "] "
               << text << ", " << left << " s left \x1b[K" << std::flush;
  line_open_ = true;
}

}  // namespace filigree::tools
