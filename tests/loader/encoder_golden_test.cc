// A Model's encoder means what its graph means: computed here in the plainest way from the public
// structures alone, it gives ONNX Runtime's outputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "loader/model.h"
#include "tests/loader/encoder_fixtures.h"
#include "tests/loader/graph_builder.h"

namespace filigree::loader {
namespace {

using Matrix = std::vector<std::vector<double>>;  // [tokens][features]

double quantized(double x, const kernels::Quantization& q) {
  const float steps = static_cast<float>(x) / q.scale;
  return std::clamp<double>(std::nearbyint(double{steps}) + q.zero_point, 0, 255);
}

double rounded(double x, const kernels::Quantization& q) {
  return (quantized(x, q) - q.zero_point) * q.scale;
}

double table_value(const kernels::EmbeddingTable& table, std::size_t row, std::size_t col) {
  const std::size_t i = row * table.width + col;
  switch (table.type) {
    case kernels::TableType::kF32:
      return static_cast<const float*>(table.data)[i];
    case kernels::TableType::kF16:
      return half_to_float(static_cast<const std::uint16_t*>(table.data)[i]);
    default:
      return static_cast<double>(static_cast<const std::uint8_t*>(table.data)[i] -
                                 table.zero_point) *
             double{table.scale};
  }
}

Matrix through(const Linear& linear, const Matrix& x) {
  const std::size_t rows = linear.weights.rows();
  const std::size_t cols = linear.weights.cols();
  const bool integer = linear.input.has_value();
  std::vector<double> weights(rows * cols);
  if (integer)
    std::ranges::copy(kernels::unpack_i8(linear.weights), weights.begin());
  else
    std::ranges::copy(kernels::unpack_f32(linear.weights), weights.begin());
  Matrix y(x.size(), std::vector<double>(rows));
  for (std::size_t t = 0; t < x.size(); ++t)
    for (std::size_t row = 0; row < rows; ++row) {
      double sum = integer ? linear.offset[row] : 0;
      for (std::size_t col = 0; col < cols; ++col)
        sum +=
            weights[row * cols + col] * (integer ? quantized(x[t][col], *linear.input) : x[t][col]);
      double product = integer ? sum * linear.scale[row] : sum;
      if (linear.rounding) product = rounded(product, *linear.rounding);
      y[t][row] = product + (linear.bias.empty() ? 0 : linear.bias[row]);
    }
  return y;
}

Matrix through(const LayerNorm& norm, const Matrix& x) {
  Matrix y = x;
  for (std::vector<double>& row : y) {
    double mean = 0;
    double variance = 0;
    for (const double v : row) mean += v / static_cast<double>(row.size());
    for (const double v : row)
      variance += (v - mean) * (v - mean) / static_cast<double>(row.size());
    for (std::size_t f = 0; f < row.size(); ++f)
      row[f] = (row[f] - mean) / std::sqrt(variance + norm.eps) * norm.gamma[f] + norm.beta[f];
    if (norm.rounding)
      for (double& v : row) v = rounded(v, *norm.rounding);
  }
  return y;
}

Matrix sum(Matrix a, const Matrix& b) {
  for (std::size_t t = 0; t < a.size(); ++t)
    for (std::size_t f = 0; f < a[t].size(); ++f) a[t][f] += b[t][f];
  return a;
}

// Reads an operand of an attention product: in the integer form as steps from the zero point.
double operand(double x, const kernels::Quantization* q) {
  return q == nullptr ? x : quantized(x, *q) - q->zero_point;
}

// An integer sum that is rounded to bytes, as steps from the zero point; any other as it is.
double rounded(double sum, const std::optional<kernels::Requantization>& rounding) {
  if (!rounding) return sum;
  const float steps = std::nearbyint(static_cast<float>(sum) * rounding->factor);
  return std::clamp<double>(steps, -rounding->zero_point, 255 - rounding->zero_point);
}

Matrix attention(const EncoderLayer& layer, const Encoder& encoder, const Matrix& x) {
  const Matrix q = through(layer.query, x);
  const Matrix k = through(layer.key, x);
  const Matrix v = through(layer.value, x);
  const IntegerAttention* integer = layer.integer_attention ? &*layer.integer_attention : nullptr;
  Matrix out(x.size(), std::vector<double>(encoder.hidden_size));
  for (std::size_t head = 0; head < encoder.heads; ++head)
    for (std::size_t i = 0; i < x.size(); ++i) {
      std::vector<double> p(x.size());
      double total = 0;
      for (std::size_t j = 0; j < x.size(); ++j) {
        for (std::size_t d = head * encoder.head_size; d < (head + 1) * encoder.head_size; ++d)
          p[j] += operand(q[i][d], integer ? &integer->q : nullptr) *
                  operand(k[j][d], integer ? &integer->k : nullptr);
        if (integer) p[j] = rounded(p[j], integer->score_rounding);
        p[j] = std::exp(p[j] * layer.score_scale);
        total += p[j];
      }
      for (std::size_t d = head * encoder.head_size; d < (head + 1) * encoder.head_size; ++d) {
        for (std::size_t j = 0; j < x.size(); ++j)
          out[i][d] += operand(p[j] / total, integer ? &integer->p : nullptr) *
                       operand(v[j][d], integer ? &integer->v : nullptr);
        if (integer) out[i][d] = rounded(out[i][d], integer->out_rounding) * integer->out_scale;
      }
    }
  return through(layer.attention_output, out);
}

Matrix feed_forward(const EncoderLayer& layer, const Matrix& x) {
  Matrix middle = through(layer.ffn_in, x);
  for (std::vector<double>& row : middle)
    for (double& v : row) v *= 0.5 * (1 + std::erf(v / std::sqrt(2.0)));
  return through(layer.ffn_out, middle);
}

Matrix encode(const Encoder& encoder, const std::vector<std::int64_t>& ids,
              const std::vector<std::int64_t>& types) {
  Matrix x(ids.size(), std::vector<double>(encoder.hidden_size));
  for (const Embeddings::Table& table : encoder.embeddings.tables)
    for (std::size_t t = 0; t < ids.size(); ++t) {
      const std::size_t row =
          table.input == EmbeddingInput::kPosition
              ? t
              : static_cast<std::size_t>(table.input == EmbeddingInput::kWord ? ids[t] : types[t]);
      for (std::size_t f = 0; f < encoder.hidden_size; ++f)
        x[t][f] += table_value(table.view, row, f);
    }
  if (encoder.embeddings.norm) x = through(*encoder.embeddings.norm, x);
  for (const EncoderLayer& layer : encoder.layers) {
    x = through(layer.attention_norm, sum(attention(layer, encoder, x), x));
    x = through(layer.output_norm, sum(feed_forward(layer, x), x));
  }
  return x;
}

Tensor hidden_state(const Matrix& x) {
  std::vector<float> values;
  for (const std::vector<double>& row : x)
    for (const double v : row) values.push_back(static_cast<float>(v));
  return Tensor::of<float>(
      {1, static_cast<std::int64_t>(x.size()), static_cast<std::int64_t>(x[0].size())},
      std::span<const float>(values));
}

class EncoderGolden : public testing::TestWithParam<Fixture> {};

TEST_P(EncoderGolden, GivesTheOutputsOfOnnxRuntime) {
  const Fixture& fixture = GetParam();
  const auto model = load_model(fixture_file(fixture.name));
  ASSERT_TRUE(model->encoder);
  const auto golden = fixture_golden(fixture.name);
  // Float: 1e-4 of the largest logits, which are about 4. Integer: a value next to a rounding
  // boundary may fall on the other side, and such a step (1/255 of a range) passes two layers; a
  // few of them reach 2 % of the largest.
  const double tolerance = fixture.integer ? 0.08 : 4e-4;
  const auto rows = static_cast<std::size_t>(golden.at("input_ids").dims()[0]);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::vector<std::int64_t> ids = sequence(golden, "input_ids", row);
    // A model without types must not look at them.
    const std::vector<std::int64_t> types = golden.contains("token_type_ids")
                                                ? sequence(golden, "token_type_ids", row)
                                                : std::vector<std::int64_t>(ids.size(), 1);
    const Values feeds = {
        {model->encoder->output, hidden_state(encode(*model->encoder, ids, types))}};
    for (const std::string& output : model->output_names) {
      const std::vector<float> got = floats(run_one(model->rest, feeds, output));
      const Tensor& want = golden.at(output);
      const std::size_t stride = want.size() / rows;
      for (std::size_t i = 0; i < got.size(); ++i)
        EXPECT_NEAR(got[i], want.data<float>()[row * stride + i], tolerance)
            << output << " of sequence " << row << " at " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, EncoderGolden, testing::ValuesIn(kFixtures),
                         [](const auto& form) { return std::string(form.param.name); });

}  // namespace
}  // namespace filigree::loader
