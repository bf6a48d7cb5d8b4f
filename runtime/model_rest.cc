#include "runtime/model_rest.h"

#include <optional>
#include <vector>

#include "loader/error.h"
#include "loader/interpreter.h"

namespace filigree::runtime {
namespace {

using loader::DataType;
using loader::Tensor;

// The graph input of that name for one sequence; nullopt for a name that is not an input of BERT
// models.
std::optional<std::vector<std::int32_t>> input_values(const std::string& name,
                                                      const Sequence& sequence) {
  if (name == "input_ids") return sequence.ids;
  if (name == "attention_mask") {
    if (!sequence.mask.empty())
      return std::vector<std::int32_t>(sequence.mask.begin(), sequence.mask.end());
    return std::vector<std::int32_t>(sequence.ids.size(), 1);
  }
  if (name != "token_type_ids") return std::nullopt;
  if (!sequence.type_ids.empty()) return sequence.type_ids;
  return std::vector<std::int32_t>(sequence.ids.size(), 0);
}

Tensor input_tensor(const loader::Graph& graph, const loader::ValueInfo& input,
                    const std::vector<std::int32_t>& values) {
  const loader::Dims dims{1, static_cast<std::int64_t>(values.size())};
  const DataType type = input.type.value_or(DataType::kInt64);
  if (type == DataType::kInt32) return Tensor::of<std::int32_t>(dims, values);
  if (type != DataType::kInt64)
    throw loader::FormatError(graph.file + ": input '" + input.name + "' has type " +
                              std::string(loader::data_type_name(type)) +
                              ", expected INT64 or INT32");
  return Tensor::of<std::int64_t>(dims, std::vector<std::int64_t>(values.begin(), values.end()));
}

}  // namespace

SequenceOutput run_rest(const loader::Model& model, const Sequence& sequence,
                        const Tensor& hidden) {
  loader::Values feeds;
  if (model.encoder) feeds.emplace(model.encoder->output, hidden);
  for (const loader::ValueInfo& input : model.rest.inputs)
    if (const auto values = input_values(input.name, sequence))
      feeds.emplace(input.name, input_tensor(model.rest, input, *values));
  return {loader::run_graph(model.rest, feeds, model.output_names)};
}

}  // namespace filigree::runtime
