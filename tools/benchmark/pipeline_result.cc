#include "tools/benchmark/pipeline_result.h"

#include <array>
#include <cstdio>

#include "tools/benchmark/benchmark_result.h"

namespace filigree::tools {
namespace {

using serve::Json;

Distribution stage(const StreamTimes& times, const StreamStages& stages,
                   double StageTimes::*member) {
  std::vector<double> values;
  for (std::size_t stream = 0; stream < times.size(); ++stream)
    for (const Iteration& iteration : times[stream])
      values.push_back(stages[stream].at(iteration.index).*member);
  return distribution_of(std::move(values));
}

struct Shares {
  double pre = 0, forward = 0, post = 0;  // percent of their sum
};

Shares shares_of(const PipelineResult& result) {
  const double sum =
      result.pre_process.mean + result.engine_forward.mean + result.post_process.mean;
  if (sum <= 0) return {};
  return {.pre = result.pre_process.mean / sum * 100,
          .forward = result.engine_forward.mean / sum * 100,
          .post = result.post_process.mean / sum * 100};
}

std::string line(const char* name, double value, const char* format) {
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), format, name, value);
  return text.data();
}

Json stats(const Distribution& distribution) {
  Json json = Json::object({});
  add_distribution(json, distribution);
  return json;
}

}  // namespace

PipelineResult pipeline_result(const StreamTimes& times, const StreamStages& stages,
                               std::size_t batch_size) {
  const BenchmarkResult whole = benchmark_result(times, batch_size);
  return {.items_per_sec = whole.items_per_sec,
          .seconds_ran = whole.seconds_ran,
          .iterations = whole.iterations,
          .total = whole.latency_ms,
          .pre_process = stage(times, stages, &StageTimes::pre_process),
          .engine_forward = stage(times, stages, &StageTimes::engine_forward),
          .post_process = stage(times, stages, &StageTimes::post_process),
          .queue = stage(times, stages, &StageTimes::queue),
          .compute = stage(times, stages, &StageTimes::compute)};
}

std::string breakdown_text(const PipelineResult& result) {
  const Shares shares = shares_of(result);
  const char* percent = "     %s: %.2f%%\n";
  const char* ms = "     %s: %.4f\n";
  return "Processing Time Breakdown: \n" + line("pre_process", shares.pre, percent) +
         line("engine_forward", shares.forward, percent) +
         line("post_process", shares.post, percent) + "Mean Latency Breakdown (ms/batch): \n" +
         line("total_inference", result.total.mean, ms) +
         line("pre_process", result.pre_process.mean, ms) +
         line("engine_forward", result.engine_forward.mean, ms) +
         line("  of it in the queue", result.queue.mean, ms) +
         line("  of it computing", result.compute.mean, ms) +
         line("post_process", result.post_process.mean, ms);
}

void add_result(Json& json, const PipelineResult& result) {
  const Shares shares = shares_of(result);
  json.add("items_per_sec", result.items_per_sec);
  json.add("seconds_ran", result.seconds_ran);
  json.add("iterations", result.iterations);
  json.add("percent_pre", shares.pre);
  json.add("percent_forward", shares.forward);
  json.add("percent_post", shares.post);
  json.add("total_stats", stats(result.total));
  json.add("pre_stats", stats(result.pre_process));
  json.add("forward_stats", stats(result.engine_forward));
  json.add("post_stats", stats(result.post_process));
  json.add("queue_stats", stats(result.queue));
  json.add("compute_stats", stats(result.compute));
}

}  // namespace filigree::tools
