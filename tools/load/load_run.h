// Sends requests as a LoadPlan says, on this thread.
//
// Closed loop: every connection sends its next request when the answer to the one before is there.
// Open loop: requests are meant for times that do not depend on answers; one for which no
// connection is free waits, and its latency counts from the time it was meant for (no coordinated
// omission). What waits is not stored: times are drawn when a connection is free.
#pragma once

#include <functional>
#include <optional>

#include "tools/load/load_plan.h"

namespace filigree::tools {

// elapsed: seconds since the warm-up ended, negative before.
using LoadWatch =
    std::function<bool(double elapsed, const LoadResult& so_far, std::size_t in_flight)>;

// `watch` is called about ten times a second; when it says false, the run ends at once with
// nullopt. Ends after the planned time and the answers to what was sent by then. In an open loop
// what was meant for that time is still sent, for one time-out; the rest is `unsent`. Throws
// InputError when the host is not known.
std::optional<LoadResult> run_load(const LoadPlan& plan, const LoadWatch& watch);

}  // namespace filigree::tools
