// ?timing=steps: the answer also says where the time of its request went.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/step_times.h"
#include "serve/json.h"

namespace filigree::serve {

enum class TimingDetail { kNone, kSteps };

// What the query of a target as in the request line asks for: kSteps with timing=steps, kNone
// without timing. Any other value: what is wrong with it.
std::variant<TimingDetail, std::string> timing_detail(std::string_view target);

struct StageTimes {
  std::chrono::nanoseconds tokenize{0};     // reading the request, and its tokens
  std::chrono::nanoseconds queue{0};        // waiting in the engine
  std::chrono::nanoseconds inference{0};    // from the first batch to the end of the last
  std::chrono::nanoseconds postprocess{0};  // making the answer, without writing it as text
};

// `answer` with one more member, all values in milliseconds:
//   "timing": {"unit": "ms", "tokenize", "queue", "inference", "postprocess",
//              "embeddings", "layers": [{"query", "key", ...}, ...], "rest"}
// Steps are those of the batches that held the request (runtime::Timing::steps). Requires an
// object.
Json with_timing(Json answer, const StageTimes& stages, const runtime::StepTimes& steps);

}  // namespace filigree::serve
