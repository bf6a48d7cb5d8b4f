// Each stage of the encoder against a plain double-precision computation of that stage from what
// the encoder itself had computed before it: errors do not pile up, so that every tolerance follows
// from the operations of one stage.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "runtime/encoder_trace.h"
#include "tests/runtime/tiny_model.h"

namespace filigree::runtime {
namespace {

// Half a unit in the last place of 1: the relative error of one rounding.
constexpr double kRounding = 0x1p-24;

// A value and how far a float computation may be from it.
struct Bounded {
  double value = 0;
  double error = 0;
};

// [tokens][features]
struct Matrix {
  std::size_t features = 0;
  std::vector<Bounded> values;
  std::size_t tokens() const { return values.size() / features; }
  Bounded& at(std::size_t token, std::size_t feature) { return values[token * features + feature]; }
  const Bounded& at(std::size_t token, std::size_t feature) const {
    return values[token * features + feature];
  }
};

// ONNX QuantizeLinear, which is exact arithmetic but for one float division.
float quantised(float value, const kernels::Quantization& quantization) {
  const float q =
      std::nearbyint(value / quantization.scale) + static_cast<float>(quantization.zero_point);
  return std::clamp(q, 0.0f, 255.0f);
}

// A sum of integer products rounded to bytes, as steps from the zero point: the sum is exact, and
// what happens to it is float arithmetic that is done here, too.
double rounded(double sum, const kernels::Requantization& rounding) {
  const float steps = std::nearbyint(static_cast<float>(sum) * rounding.factor);
  return std::clamp<double>(steps, -rounding.zero_point, 255 - rounding.zero_point);
}

Bounded gelu(const Bounded& in) {
  const double value = in.value * 0.5 * (1 + std::erf(in.value / std::sqrt(2.0)));
  // kernels/gelu.h states the error of the function; its slope is at most 1.13.
  return {value, 1.13 * in.error + 0x1p-22 * std::max(1.0, std::fabs(in.value))};
}

// y = act(W x + bias) in the arithmetic of kernels/linear.h; x as the encoder had it (floats, or u8
// in floats).
Matrix linear_reference(const loader::Linear& linear, const StageValues& x, bool x_is_u8,
                        kernels::Activation activation) {
  const std::size_t rows = linear.weights.rows();
  const std::size_t cols = linear.weights.cols();
  const std::size_t tokens = x.values.size() / cols;
  std::vector<double> weights(rows * cols);
  if (linear.input) {
    std::ranges::copy(kernels::unpack_i8(linear.weights), weights.begin());
  } else {
    std::ranges::copy(kernels::unpack_f32(linear.weights), weights.begin());
  }
  Matrix y{rows, std::vector<Bounded>(tokens * rows)};
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t n = 0; n < rows; ++n) {
      double sum = linear.input ? linear.offset[n] : 0;
      double magnitude = 0;
      for (std::size_t k = 0; k < cols; ++k) {
        const float in = x.values[t * cols + k];
        const double product =
            weights[n * cols + k] * (linear.input && !x_is_u8 ? quantised(in, *linear.input) : in);
        sum += product;
        magnitude += std::fabs(product);
      }
      const double bias = linear.bias.empty() ? 0 : linear.bias[n];
      Bounded v;
      if (linear.input) {  // the integer sum is exact; conversion, product and sum round
        v.value = sum * linear.scale[n] + bias;
        v.error = 4 * kRounding * (std::fabs(sum * linear.scale[n]) + std::fabs(bias));
      } else {  // one fma for each of cols terms, and the bias
        v.value = sum + bias;
        v.error = (static_cast<double>(cols) + 1) * kRounding * (magnitude + std::fabs(bias));
      }
      y.at(t, n) = activation == kernels::Activation::kGelu ? gelu(v) : v;
    }
  return y;
}

void add_residual(Matrix& y, const StageValues& residual) {
  for (std::size_t i = 0; i < y.values.size(); ++i) {
    y.values[i].value += residual.values[i];
    y.values[i].error += kRounding * std::fabs(y.values[i].value);
  }
}

// Error of the output, to first order and doubled: each of mean, deviation, variance, root,
// quotient and the last fma.
Matrix layer_norm_reference(const Matrix& in, const loader::LayerNorm& norm) {
  Matrix out = in;
  const auto width = static_cast<double>(in.features);
  for (std::size_t t = 0; t < in.tokens(); ++t) {
    double mean = 0, largest = 0, in_error = 0;
    for (std::size_t f = 0; f < in.features; ++f) {
      mean += in.at(t, f).value / width;
      largest = std::max(largest, std::fabs(in.at(t, f).value));
      in_error = std::max(in_error, in.at(t, f).error);
    }
    double variance = 0;
    for (std::size_t f = 0; f < in.features; ++f)
      variance += std::pow(in.at(t, f).value - mean, 2) / width;
    const double scale = 1 / std::sqrt(variance + norm.eps);
    const double d_error = 2 * in_error + (width + 3) * kRounding * 2 * largest;
    // d var / var <= 2 sd * d_error / var, halved by the root.
    const double scale_error = d_error * scale + (width + 8) * kRounding;
    for (std::size_t f = 0; f < in.features; ++f) {
      const double product = (in.at(t, f).value - mean) * scale * norm.gamma[f];
      const double value = product + norm.beta[f];
      out.at(t, f) = {value, 2 * (std::fabs(norm.gamma[f]) * scale * d_error +
                                  std::fabs(product) * scale_error + kRounding * std::fabs(value))};
    }
  }
  return out;
}

// Attention of one head; queries, keys and values as floats or as u8 in floats.
struct Attention {
  const loader::EncoderLayer& layer;
  const StageValues& q;
  const StageValues& k;
  const StageValues& v;
  std::size_t first;  // feature of the head
  std::size_t size;

  double zero(const kernels::Quantization loader::IntegerAttention::*which) const {
    return layer.integer_attention ? ((*layer.integer_attention).*which).zero_point : 0;
  }
  double value(const StageValues& stage, std::size_t token, std::size_t d) const {
    return stage.values[token * stage.features + first + d];
  }

  // exp(score - largest) and its error for all keys of a query.
  std::vector<Bounded> exponentials(std::size_t query, std::size_t keys) const {
    std::vector<Bounded> p(keys);
    double largest = -HUGE_VAL;
    const auto rounding =
        layer.integer_attention ? layer.integer_attention->score_rounding : std::nullopt;
    for (std::size_t j = 0; j < keys; ++j) {
      double sum = 0, magnitude = 0;
      for (std::size_t d = 0; d < size; ++d) {
        const double product = (value(k, j, d) - zero(&loader::IntegerAttention::k)) *
                               (value(q, query, d) - zero(&loader::IntegerAttention::q));
        sum += product;
        magnitude += std::fabs(product * layer.score_scale);
      }
      if (rounding) {
        sum = rounded(sum, *rounding);
        magnitude = std::fabs(sum * layer.score_scale);
      }
      p[j].value = sum * layer.score_scale;
      p[j].error = (static_cast<double>(size) + 2) * kRounding * magnitude;
      largest = std::max(largest, p[j].value);
    }
    double worst = 0;
    for (const Bounded& score : p) worst = std::max(worst, score.error);
    for (Bounded& score : p) {
      const double difference = score.value - largest;
      const double power = std::exp(difference);
      // kernels/softmax.h: exp is good to 2 ulp; the difference of two scores rounds once.
      score = {power,
               power * (2 * worst + kRounding * std::fabs(difference) + 4 * kRounding) + 0x1p-126};
    }
    return p;
  }

  void output_f32(std::size_t query, std::size_t keys, Matrix& out) const {
    const std::vector<Bounded> p = exponentials(query, keys);
    double sum = 0, sum_error = 0;
    for (const Bounded& power : p) {
      sum += power.value;
      sum_error += power.error;
    }
    const double roundings = static_cast<double>(keys) + 3;
    for (std::size_t d = 0; d < size; ++d) {
      double total = 0, magnitude = 0, error = 0;
      for (std::size_t j = 0; j < keys; ++j) {
        total += p[j].value * value(v, j, d);
        magnitude += p[j].value * std::fabs(value(v, j, d));
        error += p[j].error * std::fabs(value(v, j, d));
      }
      const double relative = sum_error / sum + 2 * roundings * kRounding;
      out.at(query, first + d) = {total / sum, 1.1 * (error + magnitude * relative) / sum};
    }
  }

  // A probability that lies on the edge between two integers, within its error, may go either way.
  void output_i8(std::size_t query, std::size_t keys, Matrix& out) const {
    const loader::IntegerAttention& integer = *layer.integer_attention;
    const std::vector<Bounded> p = exponentials(query, keys);
    double sum = 0, sum_error = 0;
    for (const Bounded& power : p) {
      sum += power.value;
      sum_error += power.error;
    }
    std::vector<Bounded> quantum(keys);  // q - zero point, and 1 where it may be off by one
    for (std::size_t j = 0; j < keys; ++j) {
      const double steps = p[j].value / sum / integer.p.scale;
      const double error = steps * (p[j].error / p[j].value + sum_error / sum +
                                    (static_cast<double>(keys) + 4) * kRounding);
      const double low =
          std::clamp(std::nearbyint(steps - error), 0.0, 255.0 - integer.p.zero_point);
      const double high =
          std::clamp(std::nearbyint(steps + error), 0.0, 255.0 - integer.p.zero_point);
      quantum[j] = {low, high - low};
    }
    for (std::size_t d = 0; d < size; ++d) {
      Bounded total;
      for (std::size_t j = 0; j < keys; ++j) {
        const double centred = value(v, j, d) - integer.v.zero_point;
        total.value += quantum[j].value * centred;
        total.error += quantum[j].error * std::fabs(centred);
      }
      if (integer.out_rounding) {
        const double low = rounded(total.value - total.error, *integer.out_rounding);
        const double high = rounded(total.value + total.error, *integer.out_rounding);
        total = {(low + high) / 2, (high - low) / 2};
      }
      out.at(query, first + d) = {
          total.value * integer.out_scale,
          (total.error + 4 * kRounding * std::fabs(total.value)) * integer.out_scale};
    }
  }
};

Matrix attention_reference(const loader::Encoder& encoder, const loader::EncoderLayer& layer,
                           const StageValues& q, const StageValues& k, const StageValues& v) {
  const std::size_t tokens = q.values.size() / q.features;
  Matrix out{encoder.hidden_size, std::vector<Bounded>(q.values.size())};
  for (std::size_t head = 0; head < encoder.heads; ++head) {
    const Attention attention{layer, q, k, v, head * encoder.head_size, encoder.head_size};
    for (std::size_t query = 0; query < tokens; ++query)
      layer.integer_attention ? attention.output_i8(query, tokens, out)
                              : attention.output_f32(query, tokens, out);
  }
  return out;
}

Matrix embeddings_reference(const loader::Encoder& encoder, const Sequence& sequence) {
  Matrix sum{encoder.hidden_size, {}};
  for (std::size_t t = 0; t < sequence.ids.size(); ++t)
    for (std::size_t f = 0; f < encoder.hidden_size; ++f) {
      Bounded total;
      double magnitude = 0;
      for (const loader::Embeddings::Table& table : encoder.embeddings.tables) {
        const std::size_t row = table.input == loader::EmbeddingInput::kPosition ? t
                                : table.input == loader::EmbeddingInput::kWord
                                    ? static_cast<std::size_t>(sequence.ids[t])
                                : sequence.type_ids.empty()
                                    ? 0
                                    : static_cast<std::size_t>(sequence.type_ids[t]);
        const double entry = table.tensor.data<float>()[row * encoder.hidden_size + f];
        total.value += entry;
        magnitude += std::fabs(entry);
      }
      total.error = 2 * kRounding * magnitude;
      sum.values.push_back(total);
    }
  return layer_norm_reference(sum, *encoder.embeddings.norm);
}

void expect_close(const Matrix& want, const StageValues& got) {
  ASSERT_EQ(want.values.size(), got.values.size());
  for (std::size_t i = 0; i < want.values.size(); ++i)
    ASSERT_NEAR(want.values[i].value, got.values[i], want.values[i].error)
        << "layer " << got.layer << ", " << stage_name(got.stage) << ": token " << i / got.features
        << ", feature " << i % got.features;
}

void expect_close_u8(const Matrix& want, const StageValues& got,
                     const kernels::Quantization& quantization) {
  ASSERT_EQ(want.values.size(), got.values.size());
  for (std::size_t i = 0; i < want.values.size(); ++i) {
    const double steps = want.values[i].value / quantization.scale;
    const double error = want.values[i].error / quantization.scale + kRounding * std::fabs(steps);
    const auto clamped = [&](double q) {
      return std::clamp(q + quantization.zero_point, 0.0, 255.0);
    };
    ASSERT_GE(got.values[i], clamped(std::nearbyint(steps - error)));
    ASSERT_LE(got.values[i], clamped(std::nearbyint(steps + error)))
        << "layer " << got.layer << ", " << stage_name(got.stage) << ": token " << i / got.features
        << ", feature " << i % got.features;
  }
}

// The stages of one sequence by name.
class Stages {
 public:
  explicit Stages(const Trace& trace) {
    for (const StageValues& stage : trace) stages_[{stage.layer, stage.stage}] = &stage;
  }
  const StageValues& get(std::size_t layer, Stage stage) const {
    return *stages_.at({layer, stage});
  }
  // What a layer begins with.
  const StageValues& input(std::size_t layer) const {
    return layer == 0 ? get(0, Stage::kEmbeddings) : get(layer - 1, Stage::kOutputNorm);
  }

 private:
  std::map<std::pair<std::size_t, Stage>, const StageValues*> stages_;
};

void expect_projection(const Stages& stages, std::size_t index, Stage stage,
                       const loader::Linear& linear, const kernels::Quantization* quantization) {
  const Matrix want =
      linear_reference(linear, stages.input(index), false, kernels::Activation::kNone);
  quantization != nullptr ? expect_close_u8(want, stages.get(index, stage), *quantization)
                          : expect_close(want, stages.get(index, stage));
}

void expect_layer(const loader::Encoder& encoder, const Stages& stages, std::size_t index) {
  const loader::EncoderLayer& layer = encoder.layers[index];
  const auto& integer = layer.integer_attention;
  expect_projection(stages, index, Stage::kQuery, layer.query, integer ? &integer->q : nullptr);
  expect_projection(stages, index, Stage::kKey, layer.key, integer ? &integer->k : nullptr);
  expect_projection(stages, index, Stage::kValue, layer.value, integer ? &integer->v : nullptr);

  const StageValues& context = stages.get(index, Stage::kContext);
  expect_close(
      attention_reference(encoder, layer, stages.get(index, Stage::kQuery),
                          stages.get(index, Stage::kKey), stages.get(index, Stage::kValue)),
      context);

  Matrix attended =
      linear_reference(layer.attention_output, context, false, kernels::Activation::kNone);
  add_residual(attended, stages.input(index));
  const StageValues& attention_norm = stages.get(index, Stage::kAttentionNorm);
  expect_close(layer_norm_reference(attended, layer.attention_norm), attention_norm);

  const Matrix wide = linear_reference(layer.ffn_in, attention_norm, false, layer.activation);
  const StageValues& intermediate = stages.get(index, Stage::kIntermediate);
  layer.ffn_out.input ? expect_close_u8(wide, intermediate, *layer.ffn_out.input)
                      : expect_close(wide, intermediate);

  Matrix output = linear_reference(layer.ffn_out, intermediate, layer.ffn_out.input.has_value(),
                                   kernels::Activation::kNone);
  add_residual(output, attention_norm);
  expect_close(layer_norm_reference(output, layer.output_norm),
               stages.get(index, Stage::kOutputNorm));
}

void expect_encoder(const TinyModelOptions& options) {
  const auto model = tiny_model(options);
  const std::vector<Sequence> sequences = random_sequences({1, 30, 70, 5}, options.vocabulary, 8);
  for (const kernels::KernelTable& table : kernels::supported_tables()) {
    const std::vector<Trace> traces = trace_batch(table, *model->encoder, sequences, 2);
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      SCOPED_TRACE(std::string(kernels::isa_name(table.isa)) + ", sequence " + std::to_string(i) +
                   ", seed " + std::to_string(options.seed));
      const Stages stages(traces[i]);
      ASSERT_NO_FATAL_FAILURE(expect_close(embeddings_reference(*model->encoder, sequences[i]),
                                           stages.get(0, Stage::kEmbeddings)));
      for (std::size_t layer = 0; layer < model->encoder->layers.size(); ++layer)
        ASSERT_NO_FATAL_FAILURE(expect_layer(*model->encoder, stages, layer));
    }
  }
}

TEST(EncoderReference, MatchesInFloat) { expect_encoder({}); }

TEST(EncoderReference, MatchesInInt8) {
  expect_encoder({.linears = LinearForm::kI8, .attention = AttentionForm::kInteger});
}

TEST(EncoderReference, MatchesWhereProductsOfAttentionAreRounded) {
  expect_encoder({.linears = LinearForm::kI8, .attention = AttentionForm::kRounded});
}

TEST(EncoderReference, MatchesWhereInt8LinearsFeedFloatAttention) {
  expect_encoder({.linears = LinearForm::kI8, .attention = AttentionForm::kF32});
}

TEST(EncoderReference, MatchesInMixedPrecision) {
  expect_encoder({.linears = LinearForm::kMixed, .attention = AttentionForm::kAlternating});
}

TEST(EncoderReference, MatchesWithSizesThatAreMultiplesOfNothing) {
  expect_encoder({.hidden_size = 26,
                  .heads = 2,
                  .intermediate_size = 35,
                  .linears = LinearForm::kMixed,
                  .attention = AttentionForm::kInteger});
}

}  // namespace
}  // namespace filigree::runtime
