#include "serve/config/config.h"

#include <algorithm>
#include <system_error>

#include "serve/config/default_model.h"
#include "serve/config/engine_choice.h"
#include "serve/config/server_settings.h"
#include "serve/config/yaml_text.h"

namespace filigree::serve {
namespace {

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

std::string_view integration_name(Integration integration) {
  return integration == Integration::kSagemaker ? "sagemaker" : "local";
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return lower;
}

// From what is written to where it is.
Json found_models(const Config& config) {
  Json models = Json::object({});
  for (const EndpointConfig& endpoint : config.endpoints) {
    if (models.find(endpoint.model) != nullptr) continue;
    std::error_code ignored;
    models.add(endpoint.model, std::filesystem::absolute(endpoint.model_path, ignored).string());
  }
  return models;
}

Json to_json(const EndpointConfig& endpoint) {
  return Json::object({{"name", endpoint.name},
                       {"route", or_null(endpoint.route)},
                       {"task", task_name(task_of(endpoint.options))},
                       {"model", endpoint.model},
                       {"batch_size", endpoint.batch_size},
                       {"weight", endpoint.weight},
                       {"logging_config", endpoint.logging_config},
                       {"data_logging", endpoint.data_logging},
                       {"bucketing", endpoint.bucketing},
                       {"kwargs", endpoint.kwargs}});
}

// What has no key, or no place in a file that is shown around.
std::string comments_on(const ServerOptions& server) {
  std::string text;
  if (!server.api_keys.empty())
    text += "# api_key: " + std::to_string(server.api_keys.size()) +
            " in use and not shown; api_key_file names a file that has them\n";
  if (server.uds.empty())
    text += "# flags: --host " + server.host + " --port " + std::to_string(server.port) + "\n";
  return text;
}

}  // namespace

std::variant<Integration, std::string> parse_integration(std::string_view name) {
  const std::string lower = lower_case(name);
  if (lower == "local") return Integration::kLocal;
  if (lower == "sagemaker") return Integration::kSagemaker;
  const std::string reason = "integration '" + std::string(name) + "'";
  if (lower == "openai")
    return reason +
           " generates text, and filigree runs encoders only: llama.cpp or vLLM have "
           "this interface; expected local or sagemaker";
  return reason + " is unknown, expected local or sagemaker";
}

Config config_for_task(std::string_view task, const std::string& model_path) {
  const auto kind = parse_task(task);
  if (const auto* reason = std::get_if<std::string>(&kind)) throw ConfigError(*reason);
  Config config;
  config.search.roots = model_roots();
  const std::string model = model_path == "default"
                                ? std::string(default_model(task_name(std::get<TaskKind>(kind))))
                                : model_path;
  auto found = find_model(model, config.search);
  if (const auto* reason = std::get_if<std::string>(&found)) throw ConfigError(*reason);
  EndpointConfig endpoint;
  endpoint.name = task;
  endpoint.options = default_options(std::get<TaskKind>(kind));
  endpoint.model = model;
  endpoint.model_path = std::get<std::filesystem::path>(std::move(found));
  config.endpoints.push_back(std::move(endpoint));
  return config;
}

Json to_json(const Config& config) {
  Json endpoints = Json::array({});
  for (const EndpointConfig& endpoint : config.endpoints) endpoints.add(to_json(endpoint));
  return Json::object(
      {{"num_cores", or_null(config.num_cores)},
       {"num_workers", or_null(config.num_workers)},
       {"integration", integration_name(config.integration)},
       {"engine_thread_pinning", config.pinning ? Json(pinning_name(*config.pinning)) : Json()},
       {"scheduler", config.scheduler ? Json(scheduler_name(config.scheduler->kind)) : Json()},
       {"isa", config.isa ? Json(kernels::isa_name(config.isa->isa)) : Json()},
       {"endpoints", std::move(endpoints)},
       {"loggers", config.loggers},
       {"system_logging", config.system_logging}});
}

std::string effective_yaml(const Config& config) {
  Json json = to_json(config);
  json.add("models", found_models(config));
  if (config.cache_dir) json.add("cache_dir", *config.cache_dir);
  if (config.numa) json.add("numa", numa_name(*config.numa));
  const Json settings = server_settings_json(config.server);
  for (const auto& [key, value] : *settings.as_object()) json.add(key, value);
  return to_yaml(json) + comments_on(config.server);
}

runtime::EngineOptions engine_options(const Config& config) {
  runtime::EngineOptions options;
  if (config.num_cores) options.cores = *config.num_cores;
  if (config.num_workers) options.streams = *config.num_workers;
  if (config.scheduler) use_scheduler(config.scheduler->kind, options);
  options.pinning = config.pinning;
  options.numa = config.numa;
  if (config.isa) options.isa = config.isa->isa;
  return options;
}

}  // namespace filigree::serve
