#include "tools/compress/quantize_model.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "runtime/encoder_trace.h"
#include "tools/cli/errors.h"
#include "tools/compress/attention_products.h"
#include "tools/compress/encoder_linears.h"
#include "tools/compress/layer_walk.h"
#include "tools/model_maker/quantizer.h"

namespace filigree::tools {
namespace {

using loader::Graph;
using loader::GraphIndex;
using loader::Node;
using loader::Tensor;

constexpr std::int64_t kIntegerOpset = 10;  // of QuantizeLinear and MatMulInteger

Range range_of(std::vector<float> values, double percentile) {
  if (values.empty()) return {};
  const auto outside = static_cast<std::ptrdiff_t>(
      std::floor((100 - percentile) / 100 * static_cast<double>(values.size())));
  const auto low = values.begin() + outside, high = values.end() - 1 - outside;
  std::ranges::nth_element(values, low);
  const float least = *low;
  std::ranges::nth_element(values, high);
  return {std::min(least, 0.0F), std::max(*high, 0.0F)};
}

// Removes `name` and what it alone was computed from, unless something reads it.
void drop_unread(Graph& graph, const std::string& name) {
  for (const Node& node : graph.nodes)
    if (std::ranges::find(node.inputs, name) != node.inputs.end()) return;
  for (const loader::ValueInfo& output : graph.outputs)
    if (output.name == name) return;
  graph.initializers.erase(name);
  const auto producer = std::ranges::find_if(
      graph.nodes, [&](const Node& node) { return node.outputs == std::vector{name}; });
  if (producer == graph.nodes.end()) return;
  const std::vector<std::string> inputs = producer->inputs;
  graph.nodes.erase(producer);
  for (const std::string& input : inputs) drop_unread(graph, input);
}

// `value` becomes an initializer; the nodes that computed it go.
void make_constant(Graph& graph, const std::string& value, Tensor tensor) {
  const auto producer = std::ranges::find_if(
      graph.nodes, [&](const Node& node) { return node.outputs == std::vector{value}; });
  std::vector<std::string> inputs;
  if (producer != graph.nodes.end()) {
    inputs = producer->inputs;
    graph.nodes.erase(producer);
  }
  graph.initializers.insert_or_assign(value, std::move(tensor));
  for (const std::string& input : inputs) drop_unread(graph, input);
}

Tensor float_tensor(const Tensor& tensor) {
  if (tensor.type() != loader::DataType::kFloat16) return tensor;
  Tensor wide(loader::DataType::kFloat, tensor.dims());
  loader::half_to_float(tensor.half_bits(), wide.mutable_data<float>());
  return wide;
}

class Preparation {
 public:
  Preparation(const Graph& graph, const loader::Model& model, const Quantizing& options)
      : options_(options), model_(model), linears_(encoder_linears(graph, model)) {
    float_.graph = graph;
    const GraphIndex index(graph);
    for (std::size_t first = 0; first < linears_.size(); first += kLinearRoles.size())
      products_.push_back(
          attention_products(index, std::span(linears_).subspan(first, kLinearRoles.size())));
    for (const EncoderLinear& linear : linears_)
      inputs_.push_back(multiplying_node(index, linear.value)->inputs[0]);
    keep_other_products();
    for (const EncoderLinear& linear : linears_) fold_weight(index, linear);
    fold_tables(index);
  }

  // Of everything that is quantised.
  Ranges ranges(std::span<const runtime::Sequence> sequences) const {
    LayerWalk walk(options_.table, *model_.encoder, sequences, options_.threads);
    Ranges ranges;
    const auto observe = [&](const std::string& value, std::vector<float> values) {
      options_.checkpoint();
      ranges.insert_or_assign(value, range_of(std::move(values), options_.percentile));
    };
    for (std::size_t layer = 0; layer < products_.size(); ++layer) {
      const auto input = [&](LinearRole role) {
        return inputs_[layer * kLinearRoles.size() + static_cast<std::size_t>(role)];
      };
      for (const LinearRole role : {LinearRole::kQuery, LinearRole::kAttentionOutput,
                                    LinearRole::kFfnIn, LinearRole::kFfnOut})
        observe(input(role), walk.inputs(role));
      const AttentionProducts& products = products_[layer];
      if (!products.scores.empty()) {
        observe(products.query, walk.projection(LinearRole::kQuery));
        observe(products.key, walk.projection(LinearRole::kKey));
        observe(products.value, walk.projection(LinearRole::kValue));
        ranges.insert_or_assign(products.probabilities, probability_range());
      }
      walk.next();
      options_.progress(layer + 1);
    }
    return ranges;
  }

  std::vector<std::size_t> float_attention() const {
    std::vector<std::size_t> layers;
    for (std::size_t layer = 0; layer < products_.size(); ++layer)
      if (products_[layer].scores.empty()) layers.push_back(layer);
    return layers;
  }

  FloatModel take() && { return std::move(float_); }

 private:
  void keep_other_products() {
    std::set<std::string> quantized;
    for (const AttentionProducts& products : products_)
      quantized.insert({products.scores, products.context});
    for (const Node& node : float_.graph.nodes)
      if (node.op_type == "MatMul" && !quantized.contains(node.outputs[0]))
        float_.float_products.insert(node.outputs[0]);
  }

  void fold_weight(const GraphIndex& index, const EncoderLinear& linear) {
    const Node& product = *multiplying_node(index, linear.value);
    const Tensor& stored = *stored_tensor(index, linear.stored.initializer);
    const std::vector<float> weights =
        weight_values(stored, linear.stored.layout, linear.stored.initializer);
    const bool turned =
        product.op_type == "Gemm" && loader::int_attribute(product, "transB", 0) != 0;
    const auto outputs = static_cast<std::int64_t>(linear.outputs),
               inputs = static_cast<std::int64_t>(linear.inputs);
    const Tensor shape(loader::DataType::kFloat,
                       turned ? loader::Dims{outputs, inputs} : loader::Dims{inputs, outputs});
    make_constant(
        float_.graph, linear.value,
        weight_tensor(shape, turned ? WeightLayout::kOutputsInputs : WeightLayout::kInputsOutputs,
                      weights));
    float_.linear_weights.insert(linear.value);
  }

  void fold_tables(const GraphIndex& index) {
    std::set<std::string> names;
    for (const loader::Embeddings::Table& table : model_.encoder->embeddings.tables)
      names.insert(table.name);
    for (const Node& node : index.graph().nodes) {
      if (node.op_type != "Gather") continue;
      const std::string& value = node.inputs[0];
      const Node* cast = index.producer(value, "Cast");
      const std::string& stored = cast == nullptr ? value : cast->inputs[0];
      const Tensor* tensor = stored_tensor(index, stored);
      if (tensor == nullptr || !(names.contains(stored) || names.contains(value))) continue;
      make_constant(float_.graph, value, float_tensor(*tensor));
      float_.tables.insert(value);
    }
  }

  const Quantizing& options_;
  const loader::Model& model_;
  std::vector<EncoderLinear> linears_;
  std::vector<AttentionProducts> products_;  // of each layer
  std::vector<std::string> inputs_;          // of each linear layer
  FloatModel float_;
};

std::shared_ptr<const loader::Model> checked_model(const Graph& graph) {
  auto model = loader::make_model(graph);
  if (!model->encoder)
    throw InputError(graph.file +
                     ": the quantised graph would not be recognised: " + model->warnings.front());
  for (const loader::EncoderLayer& layer : model->encoder->layers)
    for (const LinearRole role : kLinearRoles)
      if (!linear_of(layer, role).input)
        throw InputError(graph.file + ": weight '" + linear_of(layer, role).name +
                         "' would not be recognised as quantised");
  return model;
}

double squared(const std::vector<float>& a, const std::vector<float>* b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - (b == nullptr ? 0 : (*b)[i]);
    sum += difference * difference;
  }
  return sum;
}

std::vector<double> layer_errors(const loader::Model& before, const loader::Model& after,
                                 std::span<const runtime::Sequence> sequences,
                                 const Quantizing& options) {
  std::vector<double> errors(before.encoder->layers.size(), 0), sizes = errors;
  for (const runtime::Sequence& sequence : sequences) {
    options.checkpoint();
    const auto trace = [&](const loader::Model& model) {
      return runtime::trace_batch(options.table, *model.encoder, std::span(&sequence, 1),
                                  options.threads)[0];
    };
    const runtime::Trace a = trace(before), b = trace(after);
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i].stage != runtime::Stage::kOutputNorm) continue;
      errors[a[i].layer] += squared(a[i].values, &b[i].values);
      sizes[a[i].layer] += squared(a[i].values, nullptr);
    }
  }
  for (std::size_t i = 0; i < errors.size(); ++i)
    errors[i] = sizes[i] > 0 ? std::sqrt(errors[i] / sizes[i]) : 0;
  return errors;
}

}  // namespace

QuantizedModel quantize_on_text(const Graph& graph, const loader::Model& model,
                                std::span<const runtime::Sequence> sequences,
                                const Quantizing& options) {
  if (graph.opset < kIntegerOpset)
    throw InputError(graph.file + ": opset is " + std::to_string(graph.opset) +
                     ", quantising needs 10 at least");
  Preparation preparation(graph, model, options);
  const Ranges ranges = preparation.ranges(sequences);
  QuantizedModel result{
      .graph = {}, .float_attention = preparation.float_attention(), .layer_errors = {}};
  result.graph = quantized(std::move(preparation).take(), ranges, form_of(Precision::kInt8));
  const auto after = checked_model(result.graph);
  result.layer_errors = layer_errors(model, *after, sequences, options);
  return result;
}

}  // namespace filigree::tools
