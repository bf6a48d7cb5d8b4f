#include "serve/http/prometheus_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <system_error>

#include "serve/log.h"

namespace filigree::serve {
namespace {

// The default buckets of Prometheus' Python client, which DeepSparse used.
constexpr std::array<double, 14> kBounds = {.005, .01, .025, .05, .075, .1,  .25,
                                            .5,   .75, 1,    2.5, 5,    7.5, 10};

constexpr std::string_view kind_name(LogMetric kind) {
  constexpr std::string_view kNames[] = {"histogram", "summary", "counter", "gauge"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string number(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string label(const std::string& pipeline) {
  std::string text = "pipeline_name=\"";
  for (const char c : pipeline) {
    if (c == '\\' || c == '"') text.push_back('\\');
    text.push_back(c);
  }
  return text + "\"";
}

void add_line(std::string& text, const std::string& series, const std::string& labels,
              const std::string& value) {
  text.append(series).append("{").append(labels).append("} ").append(value).append("\n");
}

}  // namespace

std::string prometheus_name(std::string_view identifier) {
  std::string name = "deepsparse_";
  for (const char c : identifier) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (kept)
      name.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
    else
      name.append("__");
  }
  return name;
}

void PrometheusLog::record(LogMetric kind, std::string_view identifier, const std::string& pipeline,
                           double value) {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    Family& family =
        families_.try_emplace(prometheus_name(identifier), Family{kind, {}}).first->second;
    if (family.kind != kind) return;
    Series& series = family.series[pipeline];
    if (kind == LogMetric::kHistogram) {
      series.buckets.resize(kBounds.size() + 1);
      ++series.buckets[static_cast<std::size_t>(
          std::lower_bound(kBounds.begin(), kBounds.end(), value) - kBounds.begin())];
    }
    ++series.count;
    series.sum = kind == LogMetric::kGauge ? value : series.sum + value;
    if (options_.text_save_frequency == 0 || ++values_ % options_.text_save_frequency != 0) return;
    text = text_locked();
    save(text);
  }
}

std::string PrometheusLog::text() const {
  const std::lock_guard lock(mutex_);
  return text_locked();
}

std::string PrometheusLog::text_locked() const {
  std::string text;
  for (const auto& [name, family] : families_) {
    const std::string full = family.kind == LogMetric::kCounter ? name + "_total" : name;
    text.append("# TYPE ").append(full).append(" ").append(kind_name(family.kind)).append("\n");
    for (const auto& [pipeline, series] : family.series) {
      const std::string labels = label(pipeline);
      if (family.kind == LogMetric::kCounter || family.kind == LogMetric::kGauge) {
        add_line(text, full, labels, number(series.sum));
        continue;
      }
      std::uint64_t total = 0;
      for (std::size_t i = 0; i < series.buckets.size(); ++i) {
        total += series.buckets[i];
        const std::string bound = i < kBounds.size() ? number(kBounds[i]) : "+Inf";
        add_line(text, name + "_bucket", labels + ",le=\"" + bound + "\"", std::to_string(total));
      }
      add_line(text, name + "_count", labels, std::to_string(series.count));
      add_line(text, name + "_sum", labels, number(series.sum));
    }
  }
  return text;
}

void PrometheusLog::save(const std::string& text) {
  const std::filesystem::path fresh = options_.text_file.string() + ".new";
  std::ofstream stream(fresh, std::ios::binary);
  stream << text;
  stream.close();
  std::error_code error;
  if (stream) std::filesystem::rename(fresh, options_.text_file, error);
  const bool failed = !stream || error;
  if (failed && !unwritable_)
    log(LogLevel::kError, options_.text_file.string() + ": the metrics cannot be written" +
                              (error ? ": " + error.message() : std::string()));
  unwritable_ = failed;
}

}  // namespace filigree::serve
