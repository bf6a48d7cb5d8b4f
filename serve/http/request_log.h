// What the loggers of the configuration get of requests.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "serve/config/config.h"
#include "serve/http/infer.h"
#include "serve/http/process_usage.h"
#include "serve/http/prometheus_log.h"

namespace filigree::serve {

// Values have DeepSparse's identifiers, "<endpoint>/prediction_latency/engine_forward_seconds" and
// the like. python: a line of our log for each value. prometheus: numbers, and each number of a
// list. Thread-safe.
class RequestLog {
 public:
  RequestLog(const ServerLogging& logging, std::size_t cores);

  // Is there anything to log of the requests of this endpoint?
  bool wants(const EndpointConfig& endpoint) const noexcept;

  // Throws nothing: what cannot be logged is a line of the log.
  void answered(const EndpointConfig& endpoint, const AnsweredRequest& request) noexcept;

  // Of every request to the endpoint, answered or not. Throws nothing.
  void responded(const EndpointConfig& endpoint, int status) noexcept;

  // nullopt without a prometheus logger.
  std::optional<std::string> prometheus_text() const;

 private:
  struct Value;

  void write(const Value& value, const LoggerChoice& loggers);
  void write_latency(const EndpointConfig& endpoint, const AnsweredRequest& request);
  void write_details(const EndpointConfig& endpoint, const AnsweredRequest& request);
  void write_data(const EndpointConfig& endpoint, const AnsweredRequest& request);
  void write_usage(const std::string& endpoint);
  bool is_due(const std::string& endpoint, std::size_t log, std::size_t frequency);

  const ServerLogging logging_;
  const std::size_t cores_;
  std::optional<PrometheusLog> prometheus_;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::size_t>> calls_;  // of each data log, by endpoint
  ProcessUsageSampler usage_;
};

}  // namespace filigree::serve
