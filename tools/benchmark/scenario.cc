#include "tools/benchmark/scenario.h"

#include <algorithm>
#include <array>

#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

struct ScenarioNames {
  std::string_view scenario, stream, scheduler;
};
// In the order of Scenario.
constexpr std::array<ScenarioNames, 3> kScenarios = {{{"sync", "singlestream", "single_stream"},
                                                      {"async", "multistream", "multi_stream"},
                                                      {"elastic", "elastic", "elastic"}}};
// In the order of runtime::Pinning.
constexpr std::array<std::string_view, 3> kPinnings = {"core", "numa", "none"};

const ScenarioNames& names_of(Scenario scenario) noexcept {
  return kScenarios[static_cast<std::size_t>(scenario)];
}

}  // namespace

Scenario parse_scenario(const std::string& name) {
  for (std::size_t i = 0; i < kScenarios.size(); ++i)
    if (name == kScenarios[i].scenario) return static_cast<Scenario>(i);
  throw UsageError("flag '--scenario' is '" + name + "', expected sync, async or elastic");
}

runtime::Pinning parse_pinning(const std::string& name) {
  const auto found = std::ranges::find(kPinnings, name);
  if (found == kPinnings.end())
    throw UsageError("flag '--thread-pinning' is '" + name + "', expected core, numa or none");
  return static_cast<runtime::Pinning>(found - kPinnings.begin());
}

std::string_view scenario_name(Scenario scenario) noexcept { return names_of(scenario).scenario; }
std::string_view stream_name(Scenario scenario) noexcept { return names_of(scenario).stream; }
std::string_view scheduler_name(Scenario scenario) noexcept { return names_of(scenario).scheduler; }

std::string_view pinning_name(runtime::Pinning pinning) noexcept {
  return kPinnings[static_cast<std::size_t>(pinning)];
}

ScenarioPlan plan_scenario(const ScenarioRequest& request) {
  ScenarioPlan plan;
  if (request.scenario == Scenario::kSync) {
    if (request.streams.value_or(1) > 1)
      plan.warnings.push_back("scenario sync has 1 stream, not " +
                              std::to_string(*request.streams) +
                              ": scenarios async and elastic have more");
    return plan;
  }
  plan.in_flight = request.streams.value_or(std::max<std::size_t>(1, request.cores / 2));
  if (!request.streams)
    plan.warnings.push_back("--num-streams is " + std::to_string(plan.in_flight) +
                            " by default, one for two cores; others may be faster");
  if (request.scenario == Scenario::kElastic) {
    plan.engine_streams = std::clamp<std::size_t>(request.numa_nodes, 1, request.cores);
    return plan;
  }
  if (plan.in_flight > request.cores) {
    plan.warnings.push_back("--num-streams is cut from " + std::to_string(plan.in_flight) + " to " +
                            std::to_string(request.cores) + ", one for each core");
    plan.in_flight = request.cores;
  }
  plan.engine_streams = plan.in_flight;
  return plan;
}

}  // namespace filigree::tools
