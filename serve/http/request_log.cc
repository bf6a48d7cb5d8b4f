#include "serve/http/request_log.h"

#include <algorithm>
#include <array>
#include <utility>

#include "serve/http/log_functions.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

constexpr std::string_view kPython = "python";
constexpr std::string_view kPrometheus = "prometheus";

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

void record_numbers(PrometheusLog& log, LogMetric metric, const std::string& identifier,
                    const std::string& pipeline, const Json& value) {
  if (const auto* items = value.as_array())
    for (const Json& item : *items) record_numbers(log, metric, identifier, pipeline, item);
  if (const auto* real = value.as_double()) log.record(metric, identifier, pipeline, *real);
  if (const auto* integer = value.as_integer())
    log.record(metric, identifier, pipeline, static_cast<double>(*integer));
}

}  // namespace

struct RequestLog::Value {
  std::string identifier;
  const char* category;  // "system", "data"
  LogMetric metric;
  const std::string& pipeline;
  Json value;
};

RequestLog::RequestLog(const ServerLogging& logging, std::size_t cores)
    : logging_(logging), cores_(cores) {
  if (logging.prometheus) prometheus_.emplace(*logging.prometheus);
}

bool RequestLog::wants(const EndpointConfig& endpoint) const noexcept {
  return endpoint.logging.any() || logging_.request_details.enabled ||
         logging_.resource_utilization.enabled;
}

std::optional<std::string> RequestLog::prometheus_text() const {
  if (!prometheus_) return std::nullopt;
  return prometheus_->text();
}

void RequestLog::write(const Value& value, const LoggerChoice& loggers) {
  if (logging_.python && loggers.has(kPython))
    log(LogLevel::kInfo, "Identifier: " + value.identifier + " | Category: " + value.category +
                             " | Logged Data: " + to_text(value.value));
  if (prometheus_ && loggers.has(kPrometheus))
    record_numbers(*prometheus_, value.metric, value.identifier, value.pipeline, value.value);
}

void RequestLog::answered(const EndpointConfig& endpoint, const AnsweredRequest& request) noexcept {
  try {
    if (endpoint.logging.prediction_latency.enabled) write_latency(endpoint, request);
    if (endpoint.logging.inference_details.enabled) write_details(endpoint, request);
    write_data(endpoint, request);
  } catch (const std::exception& error) {
    log(LogLevel::kError, "a request to '" + endpoint.name + "' is not logged: " + error.what());
  }
}

void RequestLog::responded(const EndpointConfig& endpoint, int status) noexcept {
  constexpr int kOk = 200;
  try {
    const LogGroup& details = logging_.request_details;
    if (details.enabled) {
      write({"request_details/response_message", "system", LogMetric::kSummary, endpoint.name,
             status == kOk ? "Prediction successful"
                           : "Prediction failed: " + std::to_string(status)},
            details.loggers);
      write({"request_details/successful_request_count", "system", LogMetric::kCounter,
             endpoint.name, status == kOk ? 1 : 0},
            details.loggers);
    }
    if (logging_.resource_utilization.enabled) write_usage(endpoint.name);
  } catch (const std::exception& error) {
    log(LogLevel::kError, "a request to '" + endpoint.name + "' is not logged: " + error.what());
  }
}

void RequestLog::write_latency(const EndpointConfig& endpoint, const AnsweredRequest& request) {
  const std::array<std::pair<const char*, std::chrono::nanoseconds>, 4> stages = {
      {{"pre_process", request.pre_process},
       {"engine_forward", request.engine_forward},
       {"post_process", request.post_process},
       {"total_inference", request.total}}};
  for (const auto& [stage, time] : stages)
    write({endpoint.name + "/prediction_latency/" + stage + "_seconds", "system",
           LogMetric::kHistogram, endpoint.name, seconds(time)},
          endpoint.logging.prediction_latency.loggers);
}

void RequestLog::write_details(const EndpointConfig& endpoint, const AnsweredRequest& request) {
  const LoggerChoice& loggers = endpoint.logging.inference_details.loggers;
  const std::string prefix = endpoint.name + "/inference_details/";
  write({prefix + "num_cores_total", "system", LogMetric::kGauge, endpoint.name, cores_}, loggers);
  write({prefix + "input_batch_size_total", "system", LogMetric::kSummary, endpoint.name,
         request.sequences.size()},
        loggers);
}

bool RequestLog::is_due(const std::string& endpoint, std::size_t log, std::size_t frequency) {
  const std::lock_guard lock(mutex_);
  auto& calls = calls_[endpoint];
  calls.resize(std::max(calls.size(), log + 1));
  return calls[log]++ % frequency == 0;
}

void RequestLog::write_data(const EndpointConfig& endpoint, const AnsweredRequest& request) {
  const auto& logs = endpoint.logging.data;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (!is_due(endpoint.name, i, logs[i].frequency)) continue;
    auto value = logged_value(logs[i], request, request.unknown_token);
    if (!value) continue;
    write({endpoint.name + "/" + logs[i].name + "__" + std::string(function_name(logs[i].function)),
           "data", LogMetric::kSummary, endpoint.name, std::move(*value)},
          logs[i].loggers);
  }
}

void RequestLog::write_usage(const std::string& endpoint) {
  std::optional<ProcessUsage> usage;
  {
    const std::lock_guard lock(mutex_);
    usage = usage_.sample();
  }
  if (!usage) return;
  const std::pair<const char*, Json> values[] = {
      {"cpu_utilization_percent", usage->cpu_percent},
      {"memory_utilization_percent", usage->memory_percent},
      {"total_memory_available_bytes", std::size_t{usage->available_bytes}}};
  for (const auto& [name, value] : values)
    write(
        {std::string("resource_utilization/") + name, "system", LogMetric::kGauge, endpoint, value},
        logging_.resource_utilization.loggers);
}

}  // namespace filigree::serve
