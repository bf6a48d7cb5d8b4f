#include "loader/packed_model.h"

#include <utility>

#include "loader/packed_linear.h"
#include "loader/packed_parameters.h"
#include "loader/packed_table.h"
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

class Packer {
 public:
  Packer(const GraphIndex& index, const Graph& file_graph, const LoadOptions& options,
         std::pmr::memory_resource& memory)
      : index_(&index), file_index_(file_graph), options_(options), memory_(&memory) {}

  Linear linear(const Node& node, const std::string& role) {
    Linear packed = pack_linear(*index_, node, options_, *memory_);
    const kernels::PackedWeights& weights = packed.weights;
    const bool integer = packed.input.has_value();
    matrices_.push_back(
        {.name = role + ": " + packed.name,
         .rows = weights.rows(),
         .cols = weights.cols(),
         .nonzeros = weights.nonzeros(),
         .packed_bytes = weights.bytes(),
         .form = integer ? "int8 static (SparseML)" : stored_form(file_index_, packed.name),
         .kernel = kernels::format_name(weights.format())});
    bytes_ += weights.bytes() + sizeof(float) * (packed.bias.size() + packed.scale.size()) +
              sizeof(std::int32_t) * packed.offset.size();
    return packed;
  }

  LayerNorm norm(const Node& node, std::size_t width) {
    bytes_ += 2 * width * sizeof(float);
    return layer_norm(*index_, node, width);
  }

  EncoderLayer layer(const LayerMatch& match, std::size_t number, std::size_t hidden) {
    const std::string prefix = "layer " + std::to_string(number) + " ";
    const AttentionMatch& attention = match.attention;
    EncoderLayer layer;
    layer.query = linear(*attention.query, prefix + "query");
    layer.key = linear(*attention.key, prefix + "key");
    layer.value = linear(*attention.value, prefix + "value");
    layer.attention_output = linear(*attention.output, prefix + "attention output");
    layer.ffn_in = linear(*match.ffn_in, prefix + "ffn in");
    layer.ffn_out = linear(*match.ffn_out, prefix + "ffn out");
    layer.attention_norm = norm(*match.attention_norm, hidden);
    layer.output_norm = norm(*match.output_norm, hidden);
    layer.activation = kernels::Activation::kGelu;
    layer.score_scale = static_cast<float>(attention.score_scale);
    if (attention.scores->op_type == "QuantizedMatMul") integer_attention(attention, layer);
    return layer;
  }

  Embeddings embeddings(const EmbeddingsMatch& match, std::size_t hidden) {
    Embeddings result;
    for (const TableMatch& table : match.tables) {
      result.tables.push_back(pack_table(*index_, table, hidden));
      bytes_ += result.tables.back().tensor.bytes().size();
    }
    if (match.norm != nullptr) result.norm = norm(*match.norm, hidden);
    return result;
  }

  std::vector<MatrixInfo> take_matrices() { return std::move(matrices_); }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  void integer_attention(const AttentionMatch& match, EncoderLayer& layer) const {
    const std::vector<std::string>& scores = match.scores->inputs;
    const std::vector<std::string>& context = match.context->inputs;
    IntegerAttention integer;
    integer.q = quantization(*index_, *match.scores, scores[1], scores[2]);
    integer.k = quantization(*index_, *match.scores, scores[4], scores[5]);
    integer.p = quantization(*index_, *match.context, context[1], context[2]);
    integer.v = quantization(*index_, *match.context, context[4], context[5]);
    integer.out_scale = float_values(*index_, *match.context, context[6], 1)[0];
    const float product = float_values(*index_, *match.scores, scores[6], 1)[0];
    layer.score_scale = static_cast<float>(match.score_scale * static_cast<double>(product));
    layer.integer_attention = integer;
  }

  const GraphIndex* index_;
  GraphIndex file_index_;
  LoadOptions options_;
  std::pmr::memory_resource* memory_;
  std::vector<MatrixInfo> matrices_;
  std::size_t bytes_ = 0;
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
  encoder.embeddings = packer.embeddings(match.embeddings, encoder.hidden_size);
  for (const Embeddings::Table& table : encoder.embeddings.tables) {
    if (table.input == EmbeddingInput::kWord) encoder.vocabulary = table.view.rows;
    if (table.input == EmbeddingInput::kPosition) encoder.max_positions = table.view.rows;
  }
  for (std::size_t i = 0; i < match.layers.size(); ++i)
    encoder.layers.push_back(packer.layer(match.layers[i], i, encoder.hidden_size));
  encoder.output = match.output;
  packed.matrices = packer.take_matrices();
  packed.bytes = packer.bytes();
  return packed;
}

}  // namespace filigree::loader
