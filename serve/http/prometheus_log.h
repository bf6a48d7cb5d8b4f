// The metrics of DeepSparse's prometheus logger, for dashboards that know their names. Our own are
// in metrics.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "serve/config/logging.h"

namespace filigree::serve {

enum class LogMetric { kHistogram, kSummary, kCounter, kGauge };

// "qa-0/prediction_latency/x" gives "deepsparse_qa__0__prediction_latency__x".
std::string prometheus_name(std::string_view identifier);

// Thread-safe.
class PrometheusLog {
 public:
  explicit PrometheusLog(PrometheusLoggerOptions options) : options_(std::move(options)) {}

  // One value: observed, added to a counter, or set. The first use of a name decides its kind, and
  // values of another kind are dropped. Every text_save_frequency values the file is replaced as a
  // whole; a failure to write it is logged once.
  void record(LogMetric kind, std::string_view identifier, const std::string& pipeline,
              double value);

  std::string text() const;

 private:
  struct Series {
    std::vector<std::uint64_t> buckets;
    std::uint64_t count = 0;
    double sum = 0;  // also the value of counters and gauges
  };
  struct Family {
    LogMetric kind;
    std::map<std::string, Series> series;  // by pipeline_name
  };

  std::string text_locked() const;
  void save(const std::string& text);

  const PrometheusLoggerOptions options_;
  mutable std::mutex mutex_;
  std::map<std::string, Family> families_;
  std::size_t values_ = 0;
  bool unwritable_ = false;
};

}  // namespace filigree::serve
