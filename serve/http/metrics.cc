#include "serve/http/metrics.h"

#include <algorithm>
#include <string_view>

#include "serve/http/prometheus_text.h"
#include "serve/http/version.h"

namespace filigree::serve {
namespace {

using prometheus::escaped;
using prometheus::head;
using prometheus::line;
using prometheus::number;

constexpr std::array<std::string_view, kStages> kStageNames = {"tokenize", "queue", "inference",
                                                               "postprocess", "total"};

void add_batches(std::string& text, const runtime::BatchSizes& sizes) {
  const std::string name = "filigree_batch_tokens";
  head(text, name, "histogram", "Tokens of the batches that the engine has computed.");
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < sizes.batches.size(); ++i) {
    total += sizes.batches[i];
    const std::string bound =
        i < sizes.kBounds.size() ? std::to_string(sizes.kBounds[i]) : std::string("+Inf");
    line(text, name + "_bucket{le=\"" + bound + "\"}", std::to_string(total));
  }
  line(text, name + "_sum", std::to_string(sizes.tokens));
  line(text, name + "_count", std::to_string(total));
  head(text, "filigree_joint_batches_total", "counter",
       "Batches that several streams have computed together.");
  line(text, "filigree_joint_batches_total", std::to_string(sizes.joint));
}

}  // namespace

Metrics::Metrics(std::vector<std::string> endpoint_names) : endpoints_(endpoint_names.size() + 1) {
  for (std::size_t i = 0; i < endpoint_names.size(); ++i)
    endpoints_[i].label = escaped(endpoint_names[i]);
}

std::size_t Metrics::endpoint_number(const std::string& name) {
  const std::string label = escaped(name);
  const std::lock_guard lock(mutex_);
  const auto unnamed = endpoints_.end() - 1;
  const auto found = std::find_if(endpoints_.begin(), unnamed, [&](const Endpoint& endpoint) {
    return endpoint.label == label;
  });
  if (found != unnamed) return static_cast<std::size_t>(found - endpoints_.begin());
  Endpoint fresh;
  fresh.label = label;
  endpoints_.insert(unnamed, std::move(fresh));
  return endpoints_.size() - 2;
}

void Metrics::count(std::optional<std::size_t> endpoint, int status) {
  const std::lock_guard lock(mutex_);
  ++endpoints_[endpoint.value_or(endpoints_.size() - 1)].requests[status];
}

void Metrics::observe(std::size_t endpoint, Stage stage, std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  const auto bucket = static_cast<std::size_t>(
      std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin());
  const std::lock_guard lock(mutex_);
  Histogram& histogram = endpoints_[endpoint].stages[static_cast<std::size_t>(stage)];
  ++histogram.buckets[bucket];
  histogram.sum += seconds;
}

void Metrics::count_tokens(std::size_t endpoint, std::size_t tokens) {
  const std::lock_guard lock(mutex_);
  endpoints_[endpoint].tokens += tokens;
}

Totals Metrics::totals() const {
  Totals totals;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i + 1 < endpoints_.size(); ++i) {
    totals.tokens += endpoints_[i].tokens;
    for (const auto& [status, count] : endpoints_[i].requests) totals.requests += count;
  }
  return totals;
}

std::string Metrics::text(const Gauges& gauges) const {
  std::string text;
  const std::lock_guard lock(mutex_);
  add_requests(text);
  add_latencies(text);
  head(text, "filigree_tokens_total", "counter", "Tokens sent to the model.");
  for (std::size_t i = 0; i + 1 < endpoints_.size(); ++i)
    line(text, "filigree_tokens_total{endpoint=\"" + endpoints_[i].label + "\"}",
         std::to_string(endpoints_[i].tokens));
  head(text, "filigree_requests_in_flight", "gauge", "Inference requests being answered.");
  line(text, "filigree_requests_in_flight", std::to_string(gauges.in_flight));
  head(text, "filigree_requests_queued", "gauge", "Requests that wait in the engine.");
  line(text, "filigree_requests_queued", std::to_string(gauges.queued));
  head(text, "filigree_tokens_queued", "gauge", "Tokens of requests that wait in the engine.");
  line(text, "filigree_tokens_queued", std::to_string(gauges.queued_tokens));
  add_batches(text, gauges.batches);
  head(text, "filigree_model_ready", "gauge", "1 when the endpoint answers.");
  for (std::size_t i = 0; i < gauges.models_ready.size(); ++i)
    line(text, "filigree_model_ready{endpoint=\"" + endpoints_[i].label + "\"}",
         gauges.models_ready[i] ? "1" : "0");
  head(text, "filigree_log_lines_dropped_total", "counter",
       "Lines that could not be written: nobody reads, or the disk is full.");
  line(text, "filigree_log_lines_dropped_total{log=\"server\"}",
       std::to_string(gauges.dropped_log_lines));
  line(text, "filigree_log_lines_dropped_total{log=\"access\"}",
       std::to_string(gauges.dropped_access_lines));
  head(text, "filigree_build_info", "gauge", "Always 1; the labels tell what runs.");
  line(text,
       "filigree_build_info{version=\"" + std::string(version()) + "\",commit=\"" +
           escaped(gauges.commit) + "\",isa=\"" + gauges.isa + "\",cores=\"" +
           std::to_string(gauges.cores) + "\"}",
       "1");
  return text;
}

void Metrics::add_requests(std::string& text) const {
  head(text, "filigree_requests_total", "counter", "Answered requests by endpoint and status.");
  for (const Endpoint& endpoint : endpoints_)
    for (const auto& [status, count] : endpoint.requests)
      line(text,
           "filigree_requests_total{endpoint=\"" + endpoint.label + "\",code=\"" +
               std::to_string(status) + "\"}",
           std::to_string(count));
  head(text, "filigree_errors_total", "counter", "Answers with status 400 and above.");
  for (const Endpoint& endpoint : endpoints_) {
    std::uint64_t errors = 0;
    for (const auto& [status, count] : endpoint.requests) errors += status >= 400 ? count : 0;
    line(text, "filigree_errors_total{endpoint=\"" + endpoint.label + "\"}",
         std::to_string(errors));
  }
}

void Metrics::add_latencies(std::string& text) const {
  const std::string name = "filigree_request_duration_seconds";
  head(text, name, "histogram", "Time of answered inference requests by stage.");
  for (std::size_t i = 0; i + 1 < endpoints_.size(); ++i)
    for (std::size_t stage = 0; stage < kStages; ++stage) {
      const Histogram& histogram = endpoints_[i].stages[stage];
      const std::string labels = "endpoint=\"" + endpoints_[i].label + "\",stage=\"" +
                                 std::string(kStageNames[stage]) + "\"";
      std::uint64_t total = 0;
      for (std::size_t bucket = 0; bucket < histogram.buckets.size(); ++bucket) {
        total += histogram.buckets[bucket];
        const std::string bound = bucket < kBounds.size() ? number(kBounds[bucket]) : "+Inf";
        line(text, name + "_bucket{" + labels + ",le=\"" + bound + "\"}", std::to_string(total));
      }
      line(text, name + "_sum{" + labels + "}", number(histogram.sum));
      line(text, name + "_count{" + labels + "}", std::to_string(total));
    }
}

}  // namespace filigree::serve
