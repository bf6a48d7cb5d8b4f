#include "serve/config/logging.h"

#include <algorithm>

#include "serve/config/logging_fields.h"

namespace filigree::serve {
namespace {

// `key` of `fields`; `standard` where it is not given.
LogGroup log_group(const Fields& fields, std::string_view key, LogGroup standard,
                   const std::string& file) {
  const YamlNode* node = fields.find(key);
  if (node == nullptr) return standard;
  const Fields group(*node, std::string(key), file);
  constexpr std::string_view kKeys[] = {"enable", "target_loggers"};
  group.allow(kKeys);
  return {.enabled = group.boolean("enable").value_or(standard.enabled),
          .loggers = logger_choice(group)};
}

PrometheusLoggerOptions prometheus_options(const YamlNode& node, const std::string& file) {
  PrometheusLoggerOptions options;
  if (node.kind == YamlNode::Kind::kNull) return options;
  const Fields fields(node, "logger 'prometheus'", file);
  constexpr std::string_view kKeys[] = {"port", "text_log_save_frequency", "text_log_save_dir",
                                        "text_log_file_name"};
  fields.allow(kKeys);
  constexpr std::size_t kMostPort = 65535;
  const auto port = fields.count("port", 0);
  if (port && *port > kMostPort)
    fields.fail(fields.line_of("port"), "'port' is '" + std::to_string(*port) +
                                            "', expected a whole number from 0 to 65535");
  options.port = static_cast<std::uint16_t>(port.value_or(options.port));
  constexpr std::size_t kStandardFrequency = 10;
  const auto frequency = fields.count("text_log_save_frequency", 1);
  const auto folder = fields.text("text_log_save_dir");
  const auto name = fields.text("text_log_file_name");
  if (!frequency && !folder && !name) return options;
  options.text_save_frequency = frequency.value_or(kStandardFrequency);
  options.text_file =
      std::filesystem::path(folder.value_or(".")) / name.value_or("prometheus_logs.prom");
  return options;
}

}  // namespace

bool LoggerChoice::has(std::string_view logger) const {
  return names.empty() || std::ranges::find(names, logger) != names.end();
}

ServerLogging server_logging(const Fields& server, const std::string& file) {
  ServerLogging logging;
  if (const YamlNode* loggers = server.find("loggers"))
    for (const auto& [name, value] : Fields(*loggers, "loggers", file).members()) {
      const bool known = is_logger(name.scalar);
      if (!known || value.find("path") != nullptr)
        server.fail(name.line,
                    "logger '" + name.scalar +
                        "' runs Python code, which filigree never does; expected python, whose "
                        "lines go to the log, or prometheus");
      logging.named = true;
      if (name.scalar == "python")
        logging.python = true;
      else
        logging.prometheus = prometheus_options(value, file);
    }
  if (!logging.named) logging.python = true;
  const YamlNode* system = server.find("system_logging");
  if (system == nullptr) return logging;
  const Fields groups(*system, "system_logging", file);
  constexpr std::string_view kKeys[] = {"enable", "request_details", "resource_utilization"};
  groups.allow(kKeys);
  if (!groups.boolean("enable").value_or(true)) return logging;
  logging.request_details = log_group(groups, "request_details", {}, file);
  logging.resource_utilization = log_group(groups, "resource_utilization", {}, file);
  return logging;
}

EndpointLogging endpoint_logging(const Fields& endpoint, const ServerLogging& server,
                                 const std::string& file) {
  EndpointLogging logging;
  const LogGroup latency{.enabled = server.named, .loggers = {}};
  logging.prediction_latency = latency;
  if (const YamlNode* node = endpoint.find("logging_config")) {
    const Fields groups(*node, "logging_config", file);
    constexpr std::string_view kKeys[] = {"enable", "inference_details", "prediction_latency"};
    groups.allow(kKeys);
    logging.prediction_latency = log_group(groups, "prediction_latency", latency, file);
    logging.inference_details = log_group(groups, "inference_details", {}, file);
    if (!groups.boolean("enable").value_or(true))
      logging.prediction_latency.enabled = logging.inference_details.enabled = false;
  }
  if (const YamlNode* data = endpoint.find("data_logging")) logging.data = data_logs(*data, file);
  return logging;
}

}  // namespace filigree::serve
