#include "serve/http/request_times.h"

#include <array>
#include <cstdio>

namespace filigree::serve {

std::string milliseconds(std::chrono::nanoseconds time) {
  std::array<char, 32> text{};
  const double value = std::chrono::duration<double, std::milli>(time).count();
  std::snprintf(text.data(), text.size(), "%.3f", value);
  return text.data();
}

void add_headers(HttpResponse& response, const RequestTimes& times, std::size_t tokens) {
  response.headers.insert(response.headers.end(),
                          {{"x-total-time", milliseconds(times.total)},
                           {"x-tokenization-time", milliseconds(times.tokenize)},
                           {"x-queue-time", milliseconds(times.queue)},
                           {"x-inference-time", milliseconds(times.inference)},
                           {"x-compute-tokens", std::to_string(tokens)}});
}

void count(const RequestTimes& times, std::size_t endpoint, Metrics& metrics) {
  metrics.observe(endpoint, Stage::kTokenize, times.tokenize);
  metrics.observe(endpoint, Stage::kQueue, times.queue);
  metrics.observe(endpoint, Stage::kInference, times.inference);
  metrics.observe(endpoint, Stage::kPostprocess, times.postprocess);
  metrics.observe(endpoint, Stage::kTotal, times.total);
}

}  // namespace filigree::serve
