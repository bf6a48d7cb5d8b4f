// Runs the same work on several threads for a time, and notes when each piece of it began and
// ended.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace filigree::tools {

struct StreamsPlan {
  std::size_t streams = 1;
  double warmup_seconds = 0;
  double seconds = 0;
};

struct Iteration {
  std::size_t index = 0;  // of its stream, those of the warm-up included
  double start = 0;       // seconds since the warm-up ended
  double end = 0;
};

// Of each stream, in order.
using StreamTimes = std::vector<std::vector<Iteration>>;

// Calls work(stream, index) with index 0, 1, ... on a thread for each stream, until the time is
// over and each stream has an iteration that began after the warm-up; those are returned.
// watch(elapsed, iterations) is called ten times a second on this thread; elapsed is negative
// during the warm-up, iterations are those of all streams since it. When it says false, what runs
// is finished and the result is nullopt. The first exception of work ends all streams and comes out
// here. Requires at least one stream.
std::optional<StreamTimes> run_streams(
    const StreamsPlan& plan, const std::function<void(std::size_t, std::size_t)>& work,
    const std::function<bool(double elapsed, std::size_t iterations)>& watch);

}  // namespace filigree::tools
