#include "tools/load/arrivals.h"

#include <cmath>

#include "tools/cli/errors.h"

namespace filigree::tools {

ArrivalKind parse_arrivals(const std::string& name) {
  if (name == "poisson") return ArrivalKind::kPoisson;
  if (name == "constant") return ArrivalKind::kConstant;
  throw UsageError("flag '--arrivals' is '" + name + "', expected poisson or constant");
}

Arrivals::Arrivals(ArrivalKind kind, double rate, std::uint64_t seed)
    : kind_(kind), rate_(rate), random_(seed, "arrivals") {}

std::chrono::nanoseconds Arrivals::next() {
  if (kind_ == ArrivalKind::kConstant) {
    // From the count, not by adding gaps: rounding must not become a drift.
    seconds_ = static_cast<double>(count_++) / rate_;
  } else {
    constexpr std::uint64_t kSteps = std::uint64_t{1} << 53;
    const double uniform = static_cast<double>(random_.below(kSteps) + 1) / kSteps;  // (0, 1]
    seconds_ -= std::log(uniform) / rate_;
  }
  return std::chrono::nanoseconds(std::llround(seconds_ * 1e9));
}

}  // namespace filigree::tools
