#include "serve/config/scheduler_choice.h"

#include <array>
#include <utility>

#include "serve/config/config.h"
#include "serve/config/fields.h"

namespace filigree::serve {
namespace {

// First those that are shown, in the order of the enumerators.
constexpr std::array<std::pair<std::string_view, SchedulerKind>, 8> kNames = {
    {{"single_stream", SchedulerKind::kSingleStream},
     {"multi_stream", SchedulerKind::kMultiStream},
     {"elastic", SchedulerKind::kElastic},
     {"single", SchedulerKind::kSingleStream},
     {"sync", SchedulerKind::kSingleStream},
     {"default", SchedulerKind::kSingleStream},
     {"multi", SchedulerKind::kMultiStream},
     {"async", SchedulerKind::kMultiStream}}};

std::string described(const SchedulerRequest& request) {
  return request.source + " is '" + std::string(scheduler_name(request.kind)) + "'";
}

}  // namespace

SchedulerRequest parse_scheduler_request(std::string_view name, std::string source) {
  for (const auto& [known, kind] : kNames)
    if (name == known) return {kind, std::move(source)};
  throw ConfigError(source + " is '" + std::string(name) +
                    "', expected single_stream, multi_stream or elastic");
}

std::optional<SchedulerRequest> scheduler_of(const Fields& fields, const std::string& file) {
  const auto name = fields.text("scheduler");
  if (!name) return std::nullopt;
  return parse_scheduler_request(
      *name, file + ":" + std::to_string(fields.line_of("scheduler")) + ": scheduler");
}

std::string_view scheduler_name(SchedulerKind kind) noexcept {
  return kNames[static_cast<std::size_t>(kind)].first;
}

void use_scheduler(SchedulerKind kind, runtime::EngineOptions& options) noexcept {
  options.elastic = kind == SchedulerKind::kElastic;
  if (kind == SchedulerKind::kSingleStream) options.streams = 1;
}

std::optional<std::string> scheduler_conflict(const Config& config,
                                              const EndpointConfig& endpoint) {
  if (!endpoint.scheduler) return std::nullopt;
  const SchedulerRequest used =
      config.scheduler.value_or(SchedulerRequest{SchedulerKind::kElastic, "the server's default"});
  if (endpoint.scheduler->kind == used.kind) return std::nullopt;
  return described(*endpoint.scheduler) +
         ", which has no effect: all endpoints share one engine, and " + described(used);
}

void settle_scheduler(Config& config) {
  for (const EndpointConfig& endpoint : config.endpoints)
    if (!config.scheduler) config.scheduler = endpoint.scheduler;
  if (!config.scheduler) return;
  for (const EndpointConfig& endpoint : config.endpoints)
    if (auto conflict = scheduler_conflict(config, endpoint))
      config.warnings.push_back(std::move(*conflict));
  if (config.scheduler->kind == SchedulerKind::kSingleStream && config.num_workers.value_or(1) > 1)
    config.warnings.push_back(described(*config.scheduler) + ", so that num_workers is 1 and not " +
                              std::to_string(*config.num_workers));
}

}  // namespace filigree::serve
