// DeepSparse's schedulers, and which one the engine has that all endpoints share. The only place
// that decides: `--scheduler` before the key `scheduler` before the first endpoint whose kwargs
// name one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace filigree::runtime {
struct EngineOptions;
}

namespace filigree::serve {

struct Config;
struct EndpointConfig;
class Fields;

enum class SchedulerKind {
  kSingleStream,  // one batch at a time, on all cores
  kMultiStream,   // num_workers batches at a time, each on its part of the cores
  kElastic        // the same, and streams that sleep help the one that is alone
};

// `source` says where somebody asked for it and begins every message about it: "flag
// '--scheduler'", "serve.yaml:3: scheduler".
struct SchedulerRequest {
  SchedulerKind kind;
  std::string source;
};

// DeepSparse's names: single_stream (single, sync, default), multi_stream (multi, async), elastic.
// Throws ConfigError naming the source, what was found and the names there are.
SchedulerRequest parse_scheduler_request(std::string_view name, std::string source);

// The same of the key `scheduler` of a map in `file`; nullopt when it has none.
std::optional<SchedulerRequest> scheduler_of(const Fields& fields, const std::string& file);

std::string_view scheduler_name(SchedulerKind kind) noexcept;

// How many streams that means, and whether they help each other.
void use_scheduler(SchedulerKind kind, runtime::EngineOptions& options) noexcept;

// Makes config.scheduler the one in use, and appends to config.warnings whom it does not follow.
void settle_scheduler(Config& config);

// Of an endpoint that asks for another one than config.scheduler, kElastic without one: what is
// used instead. nullopt: there is nothing to say.
std::optional<std::string> scheduler_conflict(const Config& config, const EndpointConfig& endpoint);

}  // namespace filigree::serve
