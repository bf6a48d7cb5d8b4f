// Counters and latencies, as Prometheus reads them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/batch_sizes.h"

namespace filigree::serve {

enum class Stage { kTokenize, kQueue, kInference, kPostprocess, kTotal };
inline constexpr std::size_t kStages = 5;

// Sums over all endpoints since the start.
struct Totals {
  std::uint64_t requests = 0;  // answered, with any status
  std::uint64_t tokens = 0;    // sent to models
};

// Values that others own, read when the text is made.
struct Gauges {
  std::size_t in_flight = 0;       // inference requests being answered
  std::size_t queued = 0;          // of them, waiting in the engine
  std::size_t queued_tokens = 0;   // of those
  runtime::BatchSizes batches;     // so far
  std::vector<bool> models_ready;  // one for each endpoint
  std::string isa, commit;
  std::size_t cores = 0;
  std::uint64_t dropped_log_lines = 0;
  std::uint64_t dropped_access_lines = 0;
};

// Thread-safe.
class Metrics {
 public:
  explicit Metrics(std::vector<std::string> endpoint_names);

  // The number of an endpoint in the functions below: its place in `endpoint_names`, or one that it
  // gets now. It keeps its number and what was counted as long as the metrics live, also when it
  // goes away and comes back.
  std::size_t endpoint_number(const std::string& name);

  // One answered request; `endpoint` is nullopt for those that ask no model.
  void count(std::optional<std::size_t> endpoint, int status);
  void observe(std::size_t endpoint, Stage stage, std::chrono::nanoseconds time);
  void count_tokens(std::size_t endpoint, std::size_t tokens);

  Totals totals() const;
  std::string text(const Gauges& gauges) const;

 private:
  // Upper bounds in seconds; the last bucket has none.
  static constexpr std::array<double, 14> kBounds = {
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  struct Histogram {
    std::array<std::uint64_t, kBounds.size() + 1> buckets{};
    double sum = 0;
  };
  struct Endpoint {
    std::string label;                      // its name, escaped for a label value
    std::map<int, std::uint64_t> requests;  // by status
    std::array<Histogram, kStages> stages;
    std::uint64_t tokens = 0;
  };

  void add_requests(std::string& text) const;
  void add_latencies(std::string& text) const;

  mutable std::mutex mutex_;
  std::vector<Endpoint> endpoints_;  // the last one has no name: requests that ask no model
};

}  // namespace filigree::serve
