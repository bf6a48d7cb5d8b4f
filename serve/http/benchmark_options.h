// What POST .../benchmark may be asked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <variant>
#include <vector>

#include "serve/json.h"
#include "serve/tasks/task.h"

namespace filigree::serve {

// Of DeepSparse's PipelineBenchmarkServerConfig, with its defaults.
struct BenchmarkOptions {
  std::size_t characters = 512;                  // gen_sequence_length, of each text
  std::chrono::duration<double> warmup_time{2};  // at most a minute, as seconds_to_run
  std::chrono::duration<double> run_time{10};    // seconds_to_run
};

// Of the body of a request. Members that only matter to what cannot be done here are ignored, and
// what cannot be done is an error: real data, which lies in files of the server, batches and
// streams of the benchmark's own, scenarios other than sync.
std::variant<BenchmarkOptions, std::vector<FieldError>> benchmark_options(const Json& body);

}  // namespace filigree::serve
