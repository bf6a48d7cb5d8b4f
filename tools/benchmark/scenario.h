// DeepSparse's scenarios: how many requests are in flight, and how the engine divides its threads.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/engine.h"

namespace filigree::tools {

// kSync: one request at a time, on all cores. kAsync: the cores are divided into streams, with a
// request for each. kElastic: several requests at a time, which the engine batches as they wait;
// one stream for each NUMA node.
enum class Scenario { kSync, kAsync, kElastic };

// Throws UsageError.
Scenario parse_scenario(const std::string& name);
runtime::Pinning parse_pinning(const std::string& name);

std::string_view scenario_name(Scenario scenario) noexcept;   // "sync"
std::string_view stream_name(Scenario scenario) noexcept;     // "singlestream"
std::string_view scheduler_name(Scenario scenario) noexcept;  // "single_stream"
std::string_view pinning_name(runtime::Pinning pinning) noexcept;

struct ScenarioRequest {
  Scenario scenario = Scenario::kSync;
  std::optional<std::size_t> streams = {};
  std::size_t cores = 1;  // that will compute
  std::size_t numa_nodes = 1;
};

struct ScenarioPlan {
  std::size_t in_flight = 1;       // requests at a time
  std::size_t engine_streams = 1;  // batches at a time
  std::vector<std::string> warnings;
};

// Without a number of streams: one for two cores, with a warning. kSync has one whatever is asked
// for, kAsync at most one for each core, with warnings.
ScenarioPlan plan_scenario(const ScenarioRequest& request);

}  // namespace filigree::tools
