// What a request took, stage by stage, and who is told.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "serve/http/message.h"
#include "serve/http/metrics.h"

namespace filigree::serve {

struct RequestTimes {
  std::chrono::nanoseconds tokenize, queue, inference, postprocess, total;
};

// "12.345"
std::string milliseconds(std::chrono::nanoseconds time);

// x-total-time and the like; `tokens` that were computed.
void add_headers(HttpResponse& response, const RequestTimes& times, std::size_t tokens);

void count(const RequestTimes& times, std::size_t endpoint, Metrics& metrics);

}  // namespace filigree::serve
