#include "tools/benchmark/benchmark_result.h"

#include <algorithm>
#include <span>

namespace filigree::tools {
namespace {

using serve::Json;

// Shorter than the clock can tell: two streams that end together.
constexpr double kLeastSeconds = 1e-9;

std::vector<double> latencies_ms(std::span<const Iteration> iterations) {
  std::vector<double> latencies;
  latencies.reserve(iterations.size());
  for (const Iteration& iteration : iterations)
    latencies.push_back((iteration.end - iteration.start) * 1e3);
  return latencies;
}

std::vector<Iteration> in_order_of_their_ends(const StreamTimes& times) {
  std::vector<Iteration> all;
  for (const auto& stream : times) all.insert(all.end(), stream.begin(), stream.end());
  std::ranges::stable_sort(all, {}, &Iteration::end);
  return all;
}

double rate(std::size_t iterations, std::size_t batch_size, double seconds) {
  return static_cast<double>(iterations * batch_size) / std::max(seconds, kLeastSeconds);
}

std::vector<Block> blocks_of(std::span<const Iteration> all, std::size_t batch_size,
                             double first_start) {
  const std::size_t count = std::min(kBlocks, all.size());
  std::vector<Block> blocks;
  double begin = first_start;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t first = i * all.size() / count;
    const std::size_t last = (i + 1) * all.size() / count;
    const auto part = all.subspan(first, last - first);
    const double end = part.back().end;
    blocks.push_back({.items_per_sec = rate(part.size(), batch_size, end - begin),
                      .latency_ms = distribution_of(latencies_ms(part)).median});
    begin = end;
  }
  return blocks;
}

}  // namespace

BenchmarkResult benchmark_result(const StreamTimes& times, std::size_t batch_size) {
  const std::vector<Iteration> all = in_order_of_their_ends(times);
  const double first_start = std::ranges::min(all, {}, &Iteration::start).start;
  BenchmarkResult result;
  result.seconds_ran = all.back().end - first_start;
  result.iterations = all.size();
  result.items_per_sec = rate(all.size(), batch_size, result.seconds_ran);
  result.latency_ms = distribution_of(latencies_ms(all));
  for (const auto& stream : times)
    result.streams.push_back(
        {.iterations = stream.size(), .latency_ms = distribution_of(latencies_ms(stream))});
  result.blocks = blocks_of(all, batch_size, first_start);
  return result;
}

Json to_json(const BenchmarkResult& result, Scenario scenario) {
  Json json = Json::object({{"scenario", stream_name(scenario)},
                            {"items_per_sec", result.items_per_sec},
                            {"seconds_ran", result.seconds_ran},
                            {"iterations", result.iterations}});
  add_distribution(json, result.latency_ms);
  Json::Array streams, rates, latencies;
  for (const StreamResult& stream : result.streams) {
    Json entry = Json::object({{"iterations", stream.iterations}});
    add_distribution(entry, stream.latency_ms);
    streams.push_back(std::move(entry));
  }
  for (const Block& block : result.blocks) {
    rates.emplace_back(block.items_per_sec);
    latencies.emplace_back(block.latency_ms);
  }
  json.add("streams", std::move(streams));
  json.add("blocks",
           Json::object({{"items_per_sec", std::move(rates)}, {"median", std::move(latencies)}}));
  return json;
}

}  // namespace filigree::tools
