#include "loader/packed_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "loader/packed_linear.h"
#include "loader/packed_parameters.h"
#include "loader/packed_table.h"
#include "loader/parallel.h"
#include "loader/passes/rewrite.h"
#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

// "fp16" or "fp32": how the file stores what becomes the float initializer `name`.
std::string stored_form(const GraphIndex& file_index, std::string name) {
  while (true) {
    const Tensor* tensor = file_index.constant(name);
    const Node* node = tensor == nullptr ? file_index.producer(name) : nullptr;
    if (is_operator(node, "Constant")) tensor = tensor_attribute(*node, "value");
    if (tensor != nullptr || node == nullptr || node->inputs.empty())
      return tensor != nullptr && tensor->type() == DataType::kFloat16 ? "fp16" : "fp32";
    name = node->inputs[0];
  }
}

// Of a QuantizedLinear, by the operator that it was.
std::string integer_form(const Node& node) {
  const bool is_converted = string_attribute(node, "operator", "") == "MatMulInteger";
  return is_converted ? "int8 static (SparseML)" : "int8 static (Q/DQ)";
}

// Quantises x as `steps` quantises x * factor, up to the rounding of that product.
kernels::Quantization scaled(const Node& node, kernels::Quantization steps, double factor) {
  if (factor == 1) return steps;
  steps.scale = static_cast<float>(static_cast<double>(steps.scale) / factor);
  if (!std::isnormal(steps.scale) || steps.scale < 0)
    throw Mismatch(node, "queries or keys multiplied by " + std::to_string(factor),
                   "a positive scale");
  return steps;
}

// What is large: a table, or a matrix.
struct Job {
  const TableMatch* table = nullptr;  // of `target_table`
  Embeddings::Table* target_table = nullptr;
  const Node* node = nullptr;  // of `target`
  Linear* target = nullptr;
  std::string role = {};
};

class Packer {
 public:
  Packer(const GraphIndex& index, const Graph& file_graph, const LoadOptions& options,
         std::pmr::memory_resource& memory)
      : index_(&index), file_index_(file_graph), options_(options), memory_(&memory) {}

  LayerNorm norm(const Node& node, std::size_t width) const {
    return layer_norm(*index_, node, width);
  }

  // Tables are left to pack().
  void embeddings(const EmbeddingsMatch& match, std::size_t hidden, Embeddings& result) {
    result.tables.resize(match.tables.size());
    for (std::size_t i = 0; i < match.tables.size(); ++i)
      jobs_.push_back({.table = &match.tables[i], .target_table = &result.tables[i]});
    if (match.norm != nullptr) result.norm = norm(*match.norm, hidden);
  }

  kernels::Quantization rounding(const Node& dequantize) const {
    return quantization(*index_, dequantize, input_name(dequantize, 1), input_name(dequantize, 2));
  }

  // Matrices are left to pack().
  void layer(const LayerMatch& match, std::size_t number, std::size_t hidden, EncoderLayer& layer) {
    const AttentionMatch& attention = match.attention;
    const std::string prefix = "layer " + std::to_string(number) + " ";
    const auto linear = [&](const Node* node, Linear& target, const char* role) {
      jobs_.push_back({.node = node, .target = &target, .role = prefix + role});
    };
    linear(attention.query, layer.query, "query");
    linear(attention.key, layer.key, "key");
    linear(attention.value, layer.value, "value");
    linear(attention.output, layer.attention_output, "attention output");
    linear(match.ffn_in, layer.ffn_in, "ffn in");
    linear(match.ffn_out, layer.ffn_out, "ffn out");
    layer.attention_norm = norm(*match.attention_norm, hidden);
    layer.output_norm = norm(*match.output_norm, hidden);
    if (match.output_pair != nullptr) layer.attention_norm.rounding = rounding(*match.output_pair);
    layer.activation = kernels::Activation::kGelu;
    layer.score_scale = static_cast<float>(attention.score_scale);
    if (attention.scores->op_type == "QuantizedMatMul") integer_attention(attention, layer);
  }

  // Each thread holds one matrix at a time as the file has it.
  void pack(std::size_t hidden) {
    std::vector<PackScratch> scratch(std::max<std::size_t>(options_.threads, 1));
    for_each_index(jobs_.size(), scratch.size(), [&](std::size_t i, std::size_t worker) {
      const Job& job = jobs_[i];
      if (job.table != nullptr)
        *job.target_table = pack_table(*index_, *job.table, hidden);
      else
        *job.target = pack_linear(*index_, *job.node, options_, *memory_, scratch[worker]);
    });
  }

  // Of what pack() has packed.
  std::vector<MatrixInfo> matrices() const {
    std::vector<MatrixInfo> matrices;
    for (const Job& job : jobs_)
      if (job.target != nullptr) matrices.push_back(info(job));
    return matrices;
  }

 private:
  MatrixInfo info(const Job& job) const {
    const Linear& linear = *job.target;
    const kernels::PackedWeights& weights = linear.weights;
    return {.name = job.role + ": " + linear.name,
            .rows = weights.rows(),
            .cols = weights.cols(),
            .nonzeros = weights.nonzeros(),
            .packed_bytes = weights.bytes(),
            .form = linear.input ? integer_form(*job.node) : stored_form(file_index_, linear.name),
            .kernel = kernels::format_name(weights.format())};
  }

  void integer_attention(const AttentionMatch& match, EncoderLayer& layer) const {
    const std::vector<std::string>& scores = match.scores->inputs;
    const std::vector<std::string>& context = match.context->inputs;
    IntegerAttention integer;
    integer.q = scaled(*match.scores, quantization(*index_, *match.scores, scores[1], scores[2]),
                       match.query_scale);
    integer.k = scaled(*match.scores, quantization(*index_, *match.scores, scores[4], scores[5]),
                       match.key_scale);
    integer.p = quantization(*index_, *match.context, context[1], context[2]);
    integer.v = quantization(*index_, *match.context, context[4], context[5]);
    const ProductScale of_context = product_scale(*index_, *match.context);
    integer.out_scale = of_context.scale;
    integer.out_rounding = of_context.rounding;
    const ProductScale of_scores = product_scale(*index_, *match.scores);
    integer.score_rounding = of_scores.rounding;
    layer.score_scale =
        static_cast<float>(match.score_scale * static_cast<double>(of_scores.scale));
    layer.integer_attention = integer;
  }

  const GraphIndex* index_;
  GraphIndex file_index_;
  LoadOptions options_;
  std::pmr::memory_resource* memory_;
  std::vector<Job> jobs_;
};

}  // namespace

PackedEncoder pack_encoder(const GraphIndex& index, const EncoderMatch& match,
                           const Graph& file_graph, const LoadOptions& options,
                           std::pmr::memory_resource& memory) {
  Packer packer(index, file_graph, options, memory);
  PackedEncoder packed;
  Encoder& encoder = packed.encoder;
  const LayerMatch& first = match.layers.front();
  encoder.hidden_size =
      static_cast<std::size_t>(index.constant(weight_name(*first.attention.query))->dims()[0]);
  encoder.heads = static_cast<std::size_t>(first.attention.heads);
  encoder.head_size = static_cast<std::size_t>(first.attention.head_size);
  encoder.intermediate_size =
      static_cast<std::size_t>(index.constant(weight_name(*first.ffn_in))->dims()[1]);
  packer.embeddings(match.embeddings, encoder.hidden_size, encoder.embeddings);
  encoder.layers.resize(match.layers.size());
  for (std::size_t i = 0; i < match.layers.size(); ++i)
    packer.layer(match.layers[i], i, encoder.hidden_size, encoder.layers[i]);
  for (std::size_t i = 0; i < match.layers.size(); ++i) {
    const Node* pair = match.layers[i].attention_pair;
    if (pair == nullptr) continue;
    LayerNorm& before = i == 0 ? *encoder.embeddings.norm : encoder.layers[i - 1].output_norm;
    before.rounding = packer.rounding(*pair);
  }
  packer.pack(encoder.hidden_size);
  for (const Embeddings::Table& table : encoder.embeddings.tables) {
    if (table.input == EmbeddingInput::kWord) encoder.vocabulary = table.view.rows;
    if (table.input == EmbeddingInput::kPosition) encoder.max_positions = table.view.rows;
  }
  encoder.output = match.output;
  packed.matrices = packer.matrices();
  return packed;
}

}  // namespace filigree::loader
