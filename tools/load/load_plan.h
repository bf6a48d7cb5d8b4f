// What `filigree load` is to do, and what came of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/load/arrivals.h"
#include "tools/load/latency_histogram.h"
#include "tools/load/url.h"

namespace filigree::tools {

struct OpenLoop {
  double rate = 1;  // requests a second
  ArrivalKind arrivals = ArrivalKind::kPoisson;
};

struct LoadPlan {
  Url url;
  std::string method = "GET";
  std::string header = {};               // one more line, "name: value"; empty: none
  std::vector<std::string> bodies = {};  // sent in turn; empty: requests have none
  std::size_t connections = 1;           // closed loop: clients; open loop: the most there may be
  std::optional<OpenLoop> open = {};     // nullopt: closed loop
  double seconds = 10;
  double warmup_seconds = 0;                   // requests meant for that time are not counted
  std::optional<std::uint64_t> requests = {};  // fewer than the time allows
  std::chrono::milliseconds timeout{10000};    // of a request that was sent
  std::uint64_t seed = 0;
};

struct LoadResult {
  // From the moment a request was meant to be sent to the end of its answer. Of those without an
  // answer (time-outs, requests that could not be sent in time) the time that they had waited.
  LatencyHistogram latency;
  LatencyHistogram service;     // from the moment it was given to a connection, answers only
  LatencyHistogram send_delay;  // from the one moment to the other
  std::uint64_t requests = 0;   // = answers + errors + unsent
  std::uint64_t answers = 0;
  std::uint64_t errors = 0;
  std::uint64_t unsent =
      0;  // open loop: no connection became free within the time-out after the end
  std::map<int, std::uint64_t> statuses;
  std::map<std::string, std::uint64_t> error_kinds;  // "connect: Connection refused"
  std::uint64_t received_bytes = 0;
  std::uint64_t connects = 0;  // connections that were opened
  double seconds = 0;  // from the end of the warm-up to the last answer, or the planned time
};

}  // namespace filigree::tools
