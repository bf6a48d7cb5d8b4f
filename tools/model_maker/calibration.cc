#include "tools/model_maker/calibration.h"

#include <algorithm>
#include <utility>

#include "tools/model_maker/random.h"

namespace filigree::tools {
namespace {

using loader::DataType;
using loader::Tensor;
using loader::Values;

// So many values are computed between two checkpoints: about a layer.
constexpr std::size_t kValuesAtOnce = 8;

void include(Range& range, const Tensor& tensor) {
  for (const float value : tensor.data<float>()) {
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
}

Tensor row(std::int64_t tokens) { return Tensor(DataType::kInt64, {1, tokens}); }

Values sample(const loader::Graph& graph, const ModelSpec& spec, std::size_t most_tokens) {
  const auto tokens = static_cast<std::int64_t>(std::min(most_tokens, spec.max_tokens));
  Random random(spec.seed, "calibration " + std::to_string(most_tokens));
  Values values;
  for (const loader::ValueInfo& input : graph.inputs) {
    Tensor tensor = row(tokens);
    std::int64_t t = 0;
    for (std::int64_t& value : tensor.mutable_data<std::int64_t>()) {
      if (input.name == "input_ids")
        value = static_cast<std::int64_t>(random.below(spec.vocabulary));
      else
        value = input.name == "attention_mask" || 2 * t > tokens ? 1 : 0;
      ++t;
    }
    values.emplace(input.name, std::move(tensor));
  }
  return values;
}

}  // namespace

Ranges observe_ranges(const loader::Graph& graph, std::span<const Values> samples,
                      std::span<const std::string> names, const Checkpoint& checkpoint) {
  Ranges ranges;
  for (Values known : samples)
    for (std::size_t i = 0; i < names.size(); i += kValuesAtOnce) {
      checkpoint();
      const auto wanted = names.subspan(i, std::min(kValuesAtOnce, names.size() - i));
      const std::vector<Tensor> values = loader::run_graph(graph, known, wanted);
      for (std::size_t v = 0; v < wanted.size(); ++v) {
        include(ranges[wanted[v]], values[v]);
        // Later values continue from these.
        known.insert_or_assign(wanted[v], values[v]);
      }
    }
  return ranges;
}

std::vector<Values> random_samples(const loader::Graph& graph, const ModelSpec& spec) {
  return {sample(graph, spec, 4), sample(graph, spec, 24)};
}

}  // namespace filigree::tools
