#include "tools/compress/attention_products.h"

#include <algorithm>
#include <iterator>

namespace filigree::tools {
namespace {

using loader::GraphIndex;
using loader::Node;

constexpr std::string_view kMoving[] = {"Reshape", "Transpose", "Identity", "Squeeze", "Unsqueeze"};

struct Operand {
  const Node* product = nullptr;
  std::string value;
};

// The product that reads `value`, perhaps with its elements moved.
Operand product_behind(const GraphIndex& index, std::string value) {
  for (int step = 0; step < 16; ++step) {
    const Node* reader = nullptr;
    for (const Node* node : index.consumers(value)) {
      if (loader::is_operator(node, "Shape")) continue;
      if (reader != nullptr) return {};
      reader = node;
    }
    if (loader::is_operator(reader, "MatMul")) return {reader, value};
    if (reader == nullptr || !reader->domain.empty() ||
        std::ranges::find(kMoving, reader->op_type) == std::end(kMoving) ||
        loader::input_name(*reader, 0) != value)
      return {};
    value = reader->outputs[0];
  }
  return {};
}

}  // namespace

std::string linear_output(const GraphIndex& index, const EncoderLinear& linear) {
  const Node* product = multiplying_node(index, linear.value);
  if (product == nullptr) return "";
  const std::string& output = product->outputs[0];
  const auto readers = index.consumers(output);
  if (product->op_type != "MatMul" || readers.size() != 1 ||
      !loader::is_operator(readers.front(), "Add"))
    return output;
  const std::vector<std::string>& inputs = readers.front()->inputs;
  return index.constant(inputs[inputs[0] == output ? 1 : 0]) == nullptr
             ? output
             : readers.front()->outputs[0];
}

AttentionProducts attention_products(const GraphIndex& index,
                                     std::span<const EncoderLinear> layer) {
  const auto behind = [&](LinearRole role) {
    return product_behind(index, linear_output(index, layer[static_cast<std::size_t>(role)]));
  };
  const Operand query = behind(LinearRole::kQuery), key = behind(LinearRole::kKey),
                value = behind(LinearRole::kValue);
  if (query.product == nullptr || query.product != key.product || value.product == nullptr ||
      query.product->inputs != std::vector{query.value, key.value} ||
      value.product->inputs[1] != value.value)
    return {};
  return {.scores = query.product->outputs[0],
          .context = value.product->outputs[0],
          .query = query.value,
          .key = key.value,
          .probabilities = value.product->inputs[0],
          .value = value.value};
}

}  // namespace filigree::tools
