#include "tools/selftest/tiny_model.h"

#include <cmath>
#include <random>
#include <span>

namespace filigree::tools {
namespace {

using kernels::Quantization;
using loader::Tensor;

kernels::WeightFormat i8_format(StorageForm storage) {
  switch (storage) {
    case StorageForm::kDense:
      return kernels::WeightFormat::kDenseI8;
    case StorageForm::kUnstructured:
      return kernels::WeightFormat::kUnstructuredI8;
    default:
      return kernels::WeightFormat::kGroupsI8;
  }
}

class Builder {
 public:
  explicit Builder(const TinyModelOptions& options) : options_(options), random_(options.seed) {}

  std::shared_ptr<const loader::Model> build() {
    auto model = std::make_shared<loader::Model>();
    model->file = "tiny";
    model->encoder.emplace();
    build_encoder(*model->encoder);
    model->rest = head_graph();
    model->input_names = {"input_ids", "attention_mask", "token_type_ids"};
    model->output_names = {"start_logits", "end_logits"};
    return model;
  }

 private:
  float uniform(float low, float high) {
    // Not std::uniform_real_distribution: its values differ between standard libraries.
    return low + (high - low) * static_cast<float>(random_() >> 8) / static_cast<float>(1u << 24);
  }

  std::vector<float> uniform_vector(std::size_t size, float low, float high) {
    std::vector<float> values(size);
    for (float& value : values) value = uniform(low, high);
    return values;
  }

  bool keep() { return uniform(0, 1) < static_cast<float>(options_.density); }

  loader::Linear f32_linear(std::size_t rows, std::size_t cols) {
    std::vector<float> weights(rows * cols);
    const float limit =
        2.0f / std::sqrt(static_cast<float>(cols) * static_cast<float>(options_.density));
    for (float& weight : weights) {
      const float value = uniform(-limit, limit);
      weight = keep() ? value : 0.0f;
    }
    const auto format = options_.storage == StorageForm::kDense
                            ? kernels::WeightFormat::kDenseF32
                            : kernels::WeightFormat::kUnstructuredF32;
    loader::Linear linear;
    linear.weights = kernels::pack_f32(format, weights, rows, cols);
    linear.bias = uniform_vector(rows, -0.2f, 0.2f);
    return linear;
  }

  loader::Linear i8_linear(std::size_t rows, std::size_t cols, const Quantization& input) {
    std::vector<std::int16_t> weights(rows * cols);
    for (std::int16_t& weight : weights) {
      const auto value = static_cast<std::int16_t>(std::lround(uniform(-128, 127)));
      weight = keep() ? value : std::int16_t{0};
    }
    loader::Linear linear;
    linear.weights = kernels::pack_i8(i8_format(options_.storage), weights, rows, cols);
    linear.input = input;
    const float weight_scale =
        2.0f / std::sqrt(static_cast<float>(cols) * static_cast<float>(options_.density)) / 128;
    linear.scale.assign(rows, input.scale * weight_scale);
    for (std::size_t row = 0; row < rows; ++row)
      linear.offset.push_back(static_cast<std::int32_t>(std::lround(uniform(-300, 300))) -
                              input.zero_point * linear.weights.row_sums()[row]);
    return linear;
  }

  // The kind of the `number`-th linear layer.
  loader::Linear linear(std::size_t number, std::size_t rows, std::size_t cols,
                        const Quantization& input) {
    const bool quantised = options_.linears == LinearForm::kI8 ||
                           (options_.linears == LinearForm::kMixed && number % 2 == 0);
    return quantised ? i8_linear(rows, cols, input) : f32_linear(rows, cols);
  }

  loader::LayerNorm layer_norm() {
    return {uniform_vector(options_.hidden_size, 0.7f, 1.3f),
            uniform_vector(options_.hidden_size, -0.2f, 0.2f), 1e-12f};
  }

  loader::EncoderLayer layer(std::size_t index) {
    const std::size_t hidden = options_.hidden_size;
    const std::size_t wide = options_.intermediate_size;
    // Three standard deviations of the normalised hidden state to each side; the products are
    // smaller or one-sided.
    const Quantization of_hidden{6.5f / 255, 120};
    const Quantization of_context{5.0f / 255, 131};
    const Quantization of_activation{4.0f / 255, 11};
    loader::EncoderLayer layer;
    layer.query = linear(index, hidden, hidden, of_hidden);
    layer.key = linear(index + 1, hidden, hidden, of_hidden);
    layer.value = linear(index, hidden, hidden, {6.0f / 255, 127});
    layer.attention_output = linear(index, hidden, hidden, of_context);
    layer.ffn_in = linear(index, wide, hidden, of_hidden);
    layer.ffn_out = linear(index / 2, hidden, wide, of_activation);
    layer.attention_norm = layer_norm();
    layer.output_norm = layer_norm();
    layer.score_scale = 1 / std::sqrt(static_cast<float>(hidden / options_.heads));
    const bool rounded = options_.attention == AttentionForm::kRounded;
    const bool integer = options_.attention == AttentionForm::kInteger || rounded ||
                         (options_.attention == AttentionForm::kAlternating && index % 2 == 0);
    if (integer) {
      const Quantization projected{8.0f / 255, 126};
      layer.integer_attention = {.q = projected,
                                 .k = {7.5f / 255, 130},
                                 .p = {1.0f / 255, 0},
                                 .v = projected,
                                 .out_scale = projected.scale / 255};
      layer.score_scale *= layer.integer_attention->q.scale * layer.integer_attention->k.scale;
      if (rounded) round_products(layer);
    }
    return layer;
  }

  // To steps of which the largest products have more than there are in a byte.
  static void round_products(loader::EncoderLayer& layer) {
    constexpr float kScoreSteps = 1.5f;  // in one unit of the scaled scores
    loader::IntegerAttention& integer = *layer.integer_attention;
    integer.score_rounding = {layer.score_scale * kScoreSteps, 117};
    layer.score_scale = 1 / kScoreSteps;
    const Quantization context{4.0f / 255, 129};
    integer.out_rounding = {integer.out_scale / context.scale, context.zero_point};
    integer.out_scale = context.scale;
  }

  loader::Embeddings::Table table(loader::EmbeddingInput input, std::size_t rows) {
    const std::size_t width = options_.hidden_size;
    loader::Embeddings::Table table;
    table.input = input;
    table.tensor =
        Tensor::of<float>({static_cast<std::int64_t>(rows), static_cast<std::int64_t>(width)},
                          uniform_vector(rows * width, -1, 1));
    table.view = {kernels::TableType::kF32, table.tensor.bytes().data(), rows, width, 1.0f, 0};
    return table;
  }

  void build_encoder(loader::Encoder& encoder) {
    encoder.hidden_size = options_.hidden_size;
    encoder.heads = options_.heads;
    encoder.head_size = options_.hidden_size / options_.heads;
    encoder.intermediate_size = options_.intermediate_size;
    encoder.vocabulary = options_.vocabulary;
    encoder.max_positions = options_.max_positions;
    encoder.output = "hidden";
    encoder.embeddings.tables.push_back(table(loader::EmbeddingInput::kWord, options_.vocabulary));
    encoder.embeddings.tables.push_back(table(loader::EmbeddingInput::kTokenType, 2));
    encoder.embeddings.tables.push_back(
        table(loader::EmbeddingInput::kPosition, options_.max_positions));
    encoder.embeddings.norm = layer_norm();
    for (std::size_t i = 0; i < options_.layers; ++i) encoder.layers.push_back(layer(i));
  }

  // The head as torch exports it.
  loader::Graph head_graph() {
    const auto hidden = static_cast<std::int64_t>(options_.hidden_size);
    const auto node = [](const char* op, std::vector<std::string> inputs,
                         std::vector<std::string> outputs) {
      loader::Node made;
      made.op_type = op;
      made.name = op;
      made.inputs = std::move(inputs);
      made.outputs = std::move(outputs);
      return made;
    };
    loader::Graph graph;
    graph.file = "tiny";
    graph.opset = 14;
    graph.initializers["weight"] =
        Tensor::of<float>({hidden, 2}, uniform_vector(options_.hidden_size * 2, -1, 1));
    graph.initializers["bias"] = Tensor::of<float>({2}, uniform_vector(2, -1, 1));
    graph.initializers["one_each"] = Tensor::of<std::int64_t>({2}, std::vector<std::int64_t>{1, 1});
    graph.initializers["last_axis"] = Tensor::of<std::int64_t>({1}, std::vector<std::int64_t>{-1});
    graph.nodes.push_back(node("MatMul", {"hidden", "weight"}, {"product"}));
    graph.nodes.push_back(node("Add", {"bias", "product"}, {"logits"}));
    graph.nodes.push_back(node("Split", {"logits", "one_each"}, {"start", "end"}));
    graph.nodes.back().attributes.push_back({"axis", std::int64_t{-1}});
    graph.nodes.push_back(node("Squeeze", {"start", "last_axis"}, {"start_logits"}));
    graph.nodes.push_back(node("Squeeze", {"end", "last_axis"}, {"end_logits"}));
    return graph;
  }

  const TinyModelOptions options_;
  std::mt19937 random_;
};

}  // namespace

std::shared_ptr<const loader::Model> tiny_model(const TinyModelOptions& options) {
  return Builder(options).build();
}

std::vector<runtime::Sequence> random_sequences(const std::vector<std::size_t>& lengths,
                                                std::size_t vocabulary, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<runtime::Sequence> sequences;
  for (const std::size_t length : lengths) {
    runtime::Sequence sequence;
    for (std::size_t i = 0; i < length; ++i) {
      sequence.ids.push_back(static_cast<std::int32_t>(random() % vocabulary));
      if (sequences.size() % 2 == 1)
        sequence.type_ids.push_back(static_cast<std::int32_t>(random() % 2));
    }
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

}  // namespace filigree::tools
