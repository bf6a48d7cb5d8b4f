#include "serve/http/step_timing.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace filigree::serve {
namespace {

using runtime::Step;

// Whole microseconds: more digits would be noise.
double milliseconds(std::chrono::nanoseconds time) {
  return std::round(std::chrono::duration<double, std::micro>(time).count()) / 1000;
}

std::string name_of(Step step) { return std::string(runtime::step_name(step)); }

Json layer_json(const runtime::StepTimes& steps, std::size_t layer) {
  Json json = Json::object({});
  for (std::size_t i = 0; i < runtime::kSteps; ++i) {
    const auto step = static_cast<Step>(i);
    if (runtime::is_in_layer(step)) json.add(name_of(step), milliseconds(steps.of(step, layer)));
  }
  return json;
}

}  // namespace

std::variant<TimingDetail, std::string> timing_detail(std::string_view target) {
  constexpr std::string_view kName = "timing=";
  target = target.substr(0, target.find('#'));
  target.remove_prefix(std::min(target.find('?'), target.size()));
  TimingDetail detail = TimingDetail::kNone;
  while (!target.empty()) {
    target.remove_prefix(1);  // '?' or '&'
    const std::string_view parameter = target.substr(0, target.find('&'));
    target.remove_prefix(parameter.size());
    if (!parameter.starts_with(kName)) continue;
    const std::string_view value = parameter.substr(kName.size());
    if (value != "steps")
      return "query parameter timing: found '" + std::string(value) + "', expected steps";
    detail = TimingDetail::kSteps;
  }
  return detail;
}

Json with_timing(Json answer, const StageTimes& stages, const runtime::StepTimes& steps) {
  Json layers = Json::array({});
  for (std::size_t layer = 0; layer < steps.layers(); ++layer) layers.add(layer_json(steps, layer));
  answer.add("timing",
             Json::object({{"unit", "ms"},
                           {"tokenize", milliseconds(stages.tokenize)},
                           {"queue", milliseconds(stages.queue)},
                           {"inference", milliseconds(stages.inference)},
                           {"postprocess", milliseconds(stages.postprocess)},
                           {name_of(Step::kEmbeddings), milliseconds(steps.of(Step::kEmbeddings))},
                           {"layers", std::move(layers)},
                           {name_of(Step::kRest), milliseconds(steps.of(Step::kRest))}}));
  return answer;
}

}  // namespace filigree::serve
