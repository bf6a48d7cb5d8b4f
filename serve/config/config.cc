#include "serve/config/config.h"

#include "serve/config/model_path.h"

namespace filigree::serve {
namespace {

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

std::string_view pinning_name(runtime::Pinning pinning) {
  switch (pinning) {
    case runtime::Pinning::kCore:
      return "core";
    case runtime::Pinning::kNuma:
      return "numa";
    case runtime::Pinning::kNone:
      return "none";
  }
  return "";
}

Json to_json(const EndpointConfig& endpoint) {
  return Json::object({{"name", endpoint.name},
                       {"route", or_null(endpoint.route)},
                       {"task", task_name(task_of(endpoint.options))},
                       {"model", endpoint.model},
                       {"batch_size", endpoint.batch_size},
                       {"bucketing", nullptr},
                       {"kwargs", endpoint.kwargs}});
}

}  // namespace

Config config_for_task(std::string_view task, const std::string& model_path) {
  const auto kind = parse_task(task);
  if (const auto* reason = std::get_if<std::string>(&kind)) throw ConfigError(*reason);
  auto found = find_model(model_path, {.folder = {}, .models = {}, .roots = model_roots()});
  if (const auto* reason = std::get_if<std::string>(&found)) throw ConfigError(*reason);
  EndpointConfig endpoint;
  endpoint.name = task;
  endpoint.options = default_options(std::get<TaskKind>(kind));
  endpoint.model = model_path;
  endpoint.model_path = std::get<std::filesystem::path>(std::move(found));
  Config config;
  config.endpoints.push_back(std::move(endpoint));
  return config;
}

Json to_json(const Config& config) {
  Json endpoints = Json::array({});
  for (const EndpointConfig& endpoint : config.endpoints) endpoints.add(to_json(endpoint));
  const runtime::EngineOptions options = engine_options(config);
  return Json::object({{"num_cores", or_null(config.num_cores)},
                       {"num_workers", or_null(config.num_workers)},
                       {"integration", "local"},
                       {"engine_thread_pinning", pinning_name(options.pinning)},
                       {"isa", config.isa ? Json(kernels::isa_name(config.isa->isa)) : Json()},
                       {"endpoints", std::move(endpoints)},
                       {"loggers", Json::object({})}});
}

runtime::EngineOptions engine_options(const Config& config) {
  runtime::EngineOptions options;
  if (config.num_cores) options.cores = *config.num_cores;
  if (config.num_workers) options.streams = *config.num_workers;
  if (config.pinning) options.pinning = *config.pinning;
  if (config.isa) options.isa = config.isa->isa;
  return options;
}

}  // namespace filigree::serve
