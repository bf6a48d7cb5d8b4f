// Where the time of a pipeline went: text to tokens, the engine, outputs to an answer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "serve/json.h"
#include "tools/benchmark/statistics.h"
#include "tools/benchmark/streams.h"

namespace filigree::tools {

// Milliseconds of one batch.
struct StageTimes {
  double pre_process = 0;     // JSON value to token sequences
  double engine_forward = 0;  // from giving them to the engine to having their outputs
  double post_process = 0;    // outputs to the text of the answers
  double queue = 0;           // parts of engine_forward, as the engine tells them
  double compute = 0;
};

// Of each stream, by the index of its iteration.
using StreamStages = std::vector<std::vector<StageTimes>>;

struct PipelineResult {
  double items_per_sec = 0;
  double seconds_ran = 0;
  std::size_t iterations = 0;
  Distribution total, pre_process, engine_forward, post_process, queue, compute;
};

// Of the iterations in `times`. Requires one of them in each stream, and the stages of every one.
PipelineResult pipeline_result(const StreamTimes& times, const StreamStages& stages,
                               std::size_t batch_size);

// DeepSparse's breakdown, with the two parts of engine_forward.
std::string breakdown_text(const PipelineResult& result);

// Adds "items_per_sec" to "compute_stats".
void add_result(serve::Json& json, const PipelineResult& result);

}  // namespace filigree::tools
