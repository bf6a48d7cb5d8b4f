#include "loader/pattern/attention.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "loader/passes/rewrite.h"
#include "loader/pattern/layout.h"
#include "loader/pattern/mask.h"
#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

// A product of two values that both depend on the input of the graph. A QLinearMatMul is one that
// no pass could make a QuantizedMatMul of: match_scores then names what is in the way.
bool is_computed_product(const GraphIndex& index, const Node* node) {
  if (is_operator(node, "QuantizedMatMul", kFiligreeDomain)) return true;
  const bool of_bytes = is_operator(node, "QLinearMatMul") && node->inputs.size() == 8;
  if (!of_bytes && !(is_operator(node, "MatMul") && node->inputs.size() == 2)) return false;
  return index.producer(node->inputs[0]) != nullptr &&
         index.producer(node->inputs[of_bytes ? 3 : 1]) != nullptr;
}

// True when `value` is such a product behind at most a few scales, masks and casts, or behind Q/DQ
// pairs, which match_scores names.
bool leads_to_product(const GraphIndex& index, const std::string& value, int depth = 8) {
  constexpr std::string_view kBetween[] = {"Add",
                                           "Sub",
                                           "Mul",
                                           "Div",
                                           "Where",
                                           "Cast",
                                           "Identity",
                                           "QuantizeLinear",
                                           "DequantizeLinear"};
  const Node* node = index.producer(value);
  if (is_computed_product(index, node)) return true;
  if (node == nullptr || depth == 0 ||
      std::ranges::find(kBetween, node->op_type) == std::end(kBetween))
    return false;
  return std::ranges::any_of(node->inputs, [&](const std::string& input) {
    return leads_to_product(index, input, depth - 1);
  });
}

// Which of the inputs [first, first + 2) of `node` leads to the scores.
std::size_t scores_operand(const GraphIndex& index, const Node& node, std::size_t first) {
  const bool one = leads_to_product(index, input_name(node, first));
  const bool other = leads_to_product(index, input_name(node, first + 1));
  if (one == other)
    throw Mismatch(node, one ? "two products of computed values" : "no product of computed values",
                   "attention scores and a mask");
  return one ? first : first + 1;
}

struct Scores {
  const Node* product;
  double scale = 1;
};

// From the softmax back over masks, then scales, to the product of queries and keys.
Scores match_scores(SampleContext& context, const Node& softmax) {
  const GraphIndex& index = context.index();
  Scores scores{nullptr, 1};
  bool scaled = false;
  std::string value = input_name(softmax, 0);
  for (int step = 0; step < kMaxLayoutSteps; ++step) {
    const Node* node = index.producer(value);
    if (node == nullptr)
      throw Mismatch(softmax, quoted_name(value) + ", which no node computes", "attention scores");
    if (is_computed_product(index, node)) {
      scores.product = node;
      return scores;
    }
    if (is_operator(node, "Identity")) {
      value = input_name(*node, 0);
    } else if (is_operator(node, "Add") && !scaled) {
      const std::size_t operand = scores_operand(index, *node, 0);
      check_mask(context, *node, input_name(*node, 1 - operand), MaskKind::kAdded);
      value = node->inputs[operand];
    } else if (is_operator(node, "Where") && !scaled) {
      const std::size_t operand = scores_operand(index, *node, 1);
      check_mask(context, *node, input_name(*node, 0),
                 operand == 1 ? MaskKind::kTrueKeeps : MaskKind::kTrueReplaces);
      check_replacement(context, *node, input_name(*node, 3 - operand));
      value = node->inputs[operand];
    } else if ((is_operator(node, "Mul") || is_operator(node, "Div")) && node->inputs.size() == 2) {
      const bool second = leads_to_product(index, node->inputs[1]);
      const std::optional<double> factor = context.scalar(node->inputs[second ? 0 : 1]);
      if (!factor || (second && node->op_type == "Div"))
        throw Mismatch(*node, "a scale that is not one number", "a scale of the attention scores");
      scores.scale *= node->op_type == "Mul" ? *factor : 1 / *factor;
      scaled = true;
      value = node->inputs[second ? 1 : 0];
    } else {
      throw Mismatch(*node, node->op_type, "a mask, a scale or the product of queries and keys");
    }
  }
  throw Mismatch(softmax, "too many nodes before it", "at most a few masks and scales");
}

// The value that stands for the probabilities: that of the softmax, or with its NaN (of rows that
// are masked altogether, which do not occur without padding) replaced by 0.
std::string probabilities(const GraphIndex& index, const Node& softmax) {
  const std::string& raw = softmax.outputs[0];
  for (const Node* reader : index.consumers(raw)) {
    if (!is_operator(reader, "Where") || reader->inputs.size() != 3 || reader->inputs[2] != raw)
      continue;
    const Node* is_nan = index.producer(reader->inputs[0], "IsNaN");
    if (is_nan != nullptr && input_name(*is_nan, 0) == raw &&
        float_scalar(index.constant(reader->inputs[1])) == 0.0F)
      return reader->outputs[0];
  }
  return raw;
}

const Node& match_context_product(const GraphIndex& index, const Node& softmax) {
  const std::string value = probabilities(index, softmax);
  const Node& product = only_reader(index, value, "the attention probabilities");
  if (!is_computed_product(index, &product) || product.inputs[0] != value)
    throw Mismatch(product, product.op_type, "the product of probabilities and values");
  return product;
}

struct Head {
  const Node* linear;
  double scale;
};

enum class HeadLayout {
  kTokensFirst,
  kFeaturesFirst
};  // [batch, heads, tokens, size] or the last two exchanged

// The linear layer behind an operand of a product, and how its features are split into heads,
// proven on every sample.
Head match_head(SampleContext& context, AttentionMatch& match, const std::string& value,
                const Node& reader, HeadLayout layout) {
  const GraphIndex& index = context.index();
  const LayoutPath path = layout_path(
      context, value, reader, [](const Node& node) { return is_linear(&node); },
      "reshapes, transposes and scales of a linear layer");
  const bool transposed = layout == HeadLayout::kFeaturesFirst;
  for (Sample& sample : context.samples()) {
    const Dims source = sample.run.value(path.source->outputs[0]).dims();
    const Tensor numbers = numbered_layout(sample, index, path, source);
    const Dims& dims = numbers.dims();
    if (source.size() != 3 || dims.size() != 4)
      throw Mismatch(reader, "an operand of shape " + shape_text(dims),
                     "[batch, heads, tokens, head size] of a linear layer");
    if (match.heads == 0) {
      match.heads = dims[1];
      match.head_size = dims[transposed ? 2 : 3];
    }
    const std::int64_t heads = match.heads;
    const std::int64_t size = match.head_size;
    const Dims expected = transposed ? Dims{sample.batch, heads, size, sample.tokens}
                                     : Dims{sample.batch, heads, sample.tokens, size};
    const std::int64_t tokens = sample.tokens;
    const auto number = [=](std::int64_t b, std::int64_t h, std::int64_t c, std::int64_t d) {
      const std::int64_t token = transposed ? d : c;
      const std::int64_t feature = transposed ? c : d;
      return ((b * tokens + token) * heads + h) * size + feature;
    };
    if (source != Dims{sample.batch, tokens, heads * size} || !is_layout(numbers, expected, number))
      throw Mismatch(
          reader,
          "an operand of shape " + shape_text(dims) + " made from shape " + shape_text(source),
          "shape " + shape_text(expected) + " with the features split into heads");
  }
  return {path.source, path.scale};
}

// From the product of probabilities and values to the linear layer that reads the merged heads.
const Node& match_output(SampleContext& context, const AttentionMatch& match) {
  const GraphIndex& index = context.index();
  const Node* linear = match.context;
  for (int step = 0; step < kMaxLayoutSteps && !is_linear(linear); ++step)
    linear = &only_reader(index, linear->outputs[0], "the attention context");
  if (!is_linear(linear)) throw Mismatch(*linear, linear->op_type, "a linear layer");
  const LayoutPath path = layout_path(
      context, linear->inputs[0], *linear, [&](const Node& node) { return &node == match.context; },
      "the attention context");
  if (path.scale != 1)
    throw Mismatch(*linear, "a scaled attention context", "the attention context");
  for (Sample& sample : context.samples()) {
    const std::int64_t heads = match.heads;
    const std::int64_t size = match.head_size;
    const std::int64_t tokens = sample.tokens;
    const Tensor numbers =
        numbered_layout(sample, index, path, {sample.batch, heads, tokens, size});
    const Dims merged = {sample.batch, tokens, heads * size};
    const auto number = [=](std::int64_t b, std::int64_t t, std::int64_t h, std::int64_t d) {
      return ((b * heads + h) * tokens + t) * size + d;
    };
    if (numbers.dims() != merged ||
        !is_layout(numbers.reshaped({sample.batch, tokens, heads, size}),
                   {sample.batch, tokens, heads, size}, number))
      throw Mismatch(*linear, "an input of shape " + shape_text(numbers.dims()),
                     "the heads of each token side by side, " + shape_text(merged));
  }
  return *linear;
}

}  // namespace

bool is_attention(const GraphIndex& index, const Node& softmax) {
  return is_operator(&softmax, "Softmax") && leads_to_product(index, input_name(softmax, 0));
}

AttentionMatch match_attention(SampleContext& context, const Node& softmax) {
  const GraphIndex& index = context.index();
  const std::int64_t axis = int_attribute(softmax, "axis", index.graph().opset < 13 ? 1 : -1);
  if (axis != -1 && axis != 3) throw Mismatch(softmax, "axis " + std::to_string(axis), "axis -1");
  AttentionMatch match;
  const Scores scores = match_scores(context, softmax);
  match.scores = scores.product;
  match.context = &match_context_product(index, softmax);
  const bool integer = match.scores->op_type == "QuantizedMatMul";
  if (integer != (match.context->op_type == "QuantizedMatMul"))
    throw Mismatch(*match.context, match.context->op_type,
                   "the same kind of product as for the scores, " + match.scores->op_type);
  const std::size_t second = integer ? 3 : 1;
  const Head query =
      match_head(context, match, match.scores->inputs[0], *match.scores, HeadLayout::kTokensFirst);
  const Head key = match_head(context, match, match.scores->inputs[second], *match.scores,
                              HeadLayout::kFeaturesFirst);
  const Head value = match_head(context, match, match.context->inputs[second], *match.context,
                                HeadLayout::kTokensFirst);
  if (value.scale != 1) throw Mismatch(*match.context, "scaled values", "values");
  match.query = query.linear;
  match.key = key.linear;
  match.value = value.linear;
  match.input = query.linear->inputs[0];
  for (const Node* linear : {key.linear, value.linear})
    if (linear->inputs[0] != match.input)
      throw Mismatch(*linear, "input " + quoted_name(linear->inputs[0]),
                     "that of the queries, " + quoted_name(match.input));
  match.score_scale = scores.scale;
  (integer ? match.query_scale : match.score_scale) *= query.scale;
  (integer ? match.key_scale : match.score_scale) *= key.scale;
  if (!std::isfinite(match.score_scale))
    throw Mismatch(*match.scores, "a scale that is not finite", "a finite scale");
  match.output = &match_output(context, match);
  return match;
}

const Node& only_reader(const GraphIndex& index, const std::string& value,
                        const std::string& what) {
  const Node* only = nullptr;
  for (const Node* reader : index.consumers(value)) {
    if (is_operator(reader, "Shape") || is_operator(reader, "IsNaN")) continue;
    if (only != nullptr)
      throw Mismatch(*reader, "a second reader of " + what, "only " + describe(*only));
    only = reader;
  }
  if (only == nullptr)
    throw Mismatch("value " + quoted_name(value) +
                   ": found no node that reads it, expected one "
                   "that reads " +
                   what);
  return *only;
}

}  // namespace filigree::loader
