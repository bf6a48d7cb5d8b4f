// What a benchmark measured: DeepSparse's numbers, and blocks of the run from which the spread is
// known.
#pragma once

#include <cstddef>
#include <vector>

#include "serve/json.h"
#include "tools/benchmark/scenario.h"
#include "tools/benchmark/statistics.h"
#include "tools/benchmark/streams.h"

namespace filigree::tools {

// Of consecutive iterations, in the order in which they ended.
struct Block {
  double items_per_sec = 0;
  double latency_ms = 0;  // median
};
inline constexpr std::size_t kBlocks = 20;

struct StreamResult {
  std::size_t iterations = 0;
  Distribution latency_ms;
};

struct BenchmarkResult {
  double items_per_sec = 0;  // items of all iterations / seconds_ran
  double seconds_ran = 0;    // from the first start to the last end
  std::size_t iterations = 0;
  Distribution latency_ms;  // of a batch
  std::vector<StreamResult> streams;
  std::vector<Block> blocks;  // kBlocks, or one for each iteration when there are fewer
};

// Requires at least one iteration of each stream.
BenchmarkResult benchmark_result(const StreamTimes& times, std::size_t batch_size);

// DeepSparse's "benchmark_result", and "streams" and "blocks".
serve::Json to_json(const BenchmarkResult& result, Scenario scenario);

}  // namespace filigree::tools
