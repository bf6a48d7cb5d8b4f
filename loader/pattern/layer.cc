#include "loader/pattern/layer.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "loader/passes/quantized_operand.h"
#include "loader/passes/rewrite.h"
#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

const Node& expect_reader(const GraphIndex& index, const std::string& value, std::string_view op,
                          const std::string& what, const std::string& expected) {
  const auto readers = index.consumers(value);
  const auto first = std::ranges::find_if(
      readers, [](const Node* reader) { return !is_operator(reader, "Shape"); });
  if (first != readers.end() && !is_operator(*first, op))
    throw Mismatch(**first, (*first)->op_type, expected);
  return only_reader(index, value, what);
}

// Whoever reads `input` besides the residual sum gets the rounded values, too.
void expect_same_rounding(const GraphIndex& index, const Node& sum, const Dequantized& pair,
                          std::span<const Node* const> linears) {
  if (!is_rounding(index, pair))
    throw Mismatch(sum, "a residual that is quantised with one scale and made float with another",
                   "one scale");
  for (const Node* linear : linears)
    if (linear->op_type != "QuantizedLinear" ||
        !same_quantization(index, pair.bytes,
                           {linear->inputs[0], linear->inputs[1], linear->inputs[2]}))
      throw Mismatch(*linear, "an input that is quantised otherwise than for " + describe(sum),
                     "the same scale and zero point");
}

// The normalisation after `branch` is added to what `linears` read, in either order.
const Node& match_residual(const GraphIndex& index, const std::string& branch,
                           std::span<const Node* const> linears, const std::string& what,
                           const Node*& pair) {
  const std::string& input = linears[0]->inputs[0];
  const Node& sum = expect_reader(index, branch, "Add", what, "the addition of the residual");
  const std::string& first = input_name(sum, 0);
  const std::string& second = input_name(sum, 1);
  const std::string& residual = first == branch ? second : first;
  const std::optional<Dequantized> rounded = dequantized(index, residual);
  if ((first != branch && second != branch) ||
      (residual != input && !(rounded && rounded->bytes.x == input)))
    throw Mismatch(sum, "the sum of " + quoted_name(first) + " and " + quoted_name(second),
                   "that of " + quoted_name(branch) + " and " + quoted_name(input));
  if (residual != input) {
    expect_same_rounding(index, sum, *rounded, linears);
    pair = index.producer(residual);
  }
  return expect_reader(index, sum.outputs[0], "LayerNormalization", "the residual sum",
                       "a layer normalisation");
}

// The linear layer among the readers of `value`, of which the other one adds the residual.
const Node& match_ffn_in(const GraphIndex& index, const std::string& value, const Node& norm) {
  const auto readers = index.consumers(value);
  const auto linear = std::ranges::find_if(readers, is_linear);
  if (linear != readers.end()) return **linear;
  for (const Node* reader : readers)
    if (!is_operator(reader, "Shape") && !is_operator(reader, "Add"))
      throw Mismatch(*reader, reader->op_type, "the first linear layer of the feed-forward part");
  throw Mismatch(norm, "no linear layer that reads it", "a feed-forward part");
}

}  // namespace

LayerMatch match_layer(const GraphIndex& index, AttentionMatch attention) {
  LayerMatch match;
  const Node* const projections[] = {attention.query, attention.key, attention.value};
  match.attention_norm = &match_residual(index, attention.output->outputs[0], projections,
                                         "the attention output", match.attention_pair);
  const std::string& middle = match.attention_norm->outputs[0];
  match.ffn_in = &match_ffn_in(index, middle, *match.attention_norm);
  const Node& gelu = expect_reader(index, match.ffn_in->outputs[0], "Gelu",
                                   "the feed-forward input", "a GELU by the error function");
  if (string_attribute(gelu, "approximate", "none") != "none")
    throw Mismatch(gelu, "approximate=" + string_attribute(gelu, "approximate", "none"),
                   "approximate=none");
  match.ffn_out = &only_reader(index, gelu.outputs[0], "the activation");
  if (!is_linear(match.ffn_out))
    throw Mismatch(*match.ffn_out, match.ffn_out->op_type,
                   "the second linear layer of the feed-forward part");
  match.output_norm = &match_residual(index, match.ffn_out->outputs[0], std::array{match.ffn_in},
                                      "the feed-forward output", match.output_pair);
  match.output = match.output_norm->outputs[0];
  match.attention = std::move(attention);
  return match;
}

}  // namespace filigree::loader
