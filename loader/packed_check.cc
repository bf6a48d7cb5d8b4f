#include "loader/packed_check.h"

#include <algorithm>
#include <cmath>

#include "loader/error.h"
#include "loader/onnx_messages.h"

namespace filigree::loader {
namespace {

constexpr std::size_t kMaxTables = 8;

void expect(bool holds, const std::string& what) {
  if (!holds) throw FormatError("is damaged: " + what);
}

void check(const kernels::Quantization& values, const std::string& what) {
  expect(std::isfinite(values.scale) && values.scale > 0 && values.zero_point >= 0 &&
             values.zero_point <= 255,
         "quantisation of " + what);
}

void check(const LayerNorm& norm, std::size_t width, const std::string& what) {
  expect(norm.gamma.size() == width && norm.beta.size() == width && std::isfinite(norm.eps) &&
             norm.eps >= 0,
         "normalisation " + what);
  if (norm.rounding) check(*norm.rounding, "normalisation " + what);
}

void check(const Linear& linear, std::size_t rows, std::size_t cols) {
  const std::string what = "matrix " + quoted_name(linear.name);
  const bool integer = !kernels::is_float(linear.weights.format());
  expect(linear.weights.rows() == rows && linear.weights.cols() == cols, "shape of " + what);
  expect(linear.bias.empty() || linear.bias.size() == rows, "bias of " + what);
  expect(linear.input.has_value() == integer, "element type of " + what);
  const std::size_t of_integer = integer ? rows : 0;
  expect(linear.scale.size() == of_integer && linear.offset.size() == of_integer,
         "scales of " + what);
  expect(std::ranges::all_of(linear.scale, [](float scale) { return std::isfinite(scale); }),
         "scales of " + what);
  if (integer) check(*linear.input, what);
  expect(integer || !linear.rounding, "rounding of " + what);
  if (linear.rounding) check(*linear.rounding, "results of " + what);
}

void check(const EncoderLayer& layer, const Encoder& encoder) {
  const std::size_t hidden = encoder.hidden_size;
  for (const Linear* linear : {&layer.query, &layer.key, &layer.value, &layer.attention_output})
    check(*linear, hidden, hidden);
  check(layer.ffn_in, encoder.intermediate_size, hidden);
  check(layer.ffn_out, hidden, encoder.intermediate_size);
  check(layer.attention_norm, hidden, "after attention");
  check(layer.output_norm, hidden, "of a layer");
  expect(layer.activation == kernels::Activation::kGelu, "activation");
  if (!layer.integer_attention) return;
  const IntegerAttention& integer = *layer.integer_attention;
  for (const kernels::Quantization& values : {integer.q, integer.k, integer.p, integer.v})
    check(values, "attention");
  for (const auto& rounding : {integer.score_rounding, integer.out_rounding})
    if (rounding) check({rounding->factor, rounding->zero_point}, "a product of attention");
}

void complete(Embeddings::Table& table, std::size_t width) {
  const std::string what = "table " + quoted_name(table.name);
  const Dims& dims = table.tensor.dims();
  expect(dims.size() == 2 && dims[0] > 0 && dims[1] == static_cast<std::int64_t>(width),
         "shape of " + what);
  const DataType type = table.tensor.type();
  expect(type == DataType::kFloat || type == DataType::kFloat16 || type == DataType::kUint8,
         "element type of " + what);
  check({table.view.scale, table.view.zero_point}, what);
  table.view.type = type == DataType::kFloat     ? kernels::TableType::kF32
                    : type == DataType::kFloat16 ? kernels::TableType::kF16
                                                 : kernels::TableType::kU8;
  table.view.data = table.tensor.bytes().data();
  table.view.rows = static_cast<std::size_t>(dims[0]);
  table.view.width = width;
}

void complete(Encoder& encoder) {
  constexpr std::size_t kMaxSize = std::size_t{1} << 24;
  const std::size_t hidden = encoder.hidden_size;
  expect(hidden > 0 && hidden <= kMaxSize && encoder.heads > 0 && encoder.heads <= hidden &&
             hidden % encoder.heads == 0 && encoder.head_size == hidden / encoder.heads &&
             encoder.intermediate_size > 0 && encoder.intermediate_size <= kMaxSize,
         "sizes of the encoder");
  std::vector<Embeddings::Table>& tables = encoder.embeddings.tables;
  expect(!tables.empty() && tables.size() <= kMaxTables && !encoder.layers.empty(),
         "number of tables or layers");
  for (Embeddings::Table& table : tables) {
    complete(table, hidden);
    if (table.input == EmbeddingInput::kWord) encoder.vocabulary = table.view.rows;
    if (table.input == EmbeddingInput::kPosition) encoder.max_positions = table.view.rows;
  }
  if (encoder.embeddings.norm) check(*encoder.embeddings.norm, hidden, "of the embeddings");
  for (const EncoderLayer& layer : encoder.layers) check(layer, encoder);
}

}  // namespace

void complete_packed(Model& model) {
  if (model.encoder) {
    complete(*model.encoder);
    expect(std::ranges::find(model.rest.inputs, model.encoder->output, &ValueInfo::name) !=
               model.rest.inputs.end(),
           "nothing reads " + quoted_name(model.encoder->output));
    expect(model.matrices.size() == 6 * model.encoder->layers.size(), "list of matrices");
  }
  check_graph(model.rest);
}

}  // namespace filigree::loader
