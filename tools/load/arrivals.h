// When the requests of an open loop are to be sent, whatever became of those before.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tools/model_maker/random.h"

namespace filigree::tools {

// kConstant: equal gaps. kPoisson: independent gaps, exponentially distributed, as of many people
// who do not know of each other.
enum class ArrivalKind { kPoisson, kConstant };

// Throws UsageError.
ArrivalKind parse_arrivals(const std::string& name);

class Arrivals {
 public:
  // `rate` a second, above 0. Equal arguments give equal times.
  Arrivals(ArrivalKind kind, double rate, std::uint64_t seed);

  // From the start of the run, never before the one before.
  std::chrono::nanoseconds next();

 private:
  ArrivalKind kind_;
  double rate_;
  Random random_;
  std::uint64_t count_ = 0;
  double seconds_ = 0;
};

}  // namespace filigree::tools
