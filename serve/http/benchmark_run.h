// How fast an endpoint answers texts that are made up, measured in this process.
#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "serve/http/backend.h"
#include "serve/http/benchmark_options.h"
#include "serve/http/catalog.h"
#include "serve/http/message.h"

namespace filigree::serve {

struct BenchmarkedEndpoint {
  std::size_t number = 0;                      // for the engine, as in InferService::answer()
  std::shared_ptr<const EndpointState> state;  // ready
  std::string request_id;
};

// Asks one question after another, through the same queue as everybody's, and waits for each.
// DeepSparse's triple [times, run_time, num_streams]: `times` has, for pre_process (text to
// tokens), engine_forward (waiting included), post_process and total_inference, the seconds of each
// answer. At least one. Other responses: that of the first question that is not answered, 503 after
// `stop`, 499 after `cancel`.
HttpResponse run_benchmark(const BenchmarkedEndpoint& endpoint, const BenchmarkOptions& options,
                           const Backend& backend,
                           const std::shared_ptr<runtime::CancelFlag>& cancel,
                           const std::stop_token& stop);

}  // namespace filigree::serve
