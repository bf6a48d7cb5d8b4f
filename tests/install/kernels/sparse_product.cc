// Uses the installed kernels as a stranger would: prunes a matrix of its own, packs it in every
// format, multiplies it by the tokens of one panel on every instruction set of this CPU, checks
// against loops in double precision and in integers, and unpacks it again. Exit code 1 and a
// message when something differs.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "kernels/aligned_buffer.h"
#include "kernels/kernel_table.h"
#include "kernels/packed_weights.h"

namespace {

using namespace filigree::kernels;

constexpr std::size_t kRows = 70;   // outputs: not a multiple of any tile
constexpr std::size_t kCols = 150;  // inputs: two chunks
constexpr std::size_t kTokens = 29;
constexpr std::int32_t kInputZeroPoint = 7;

int failures = 0;

void check(bool good, const std::string& what) {
  if (good) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  ++failures;
}

// The tenth of the weights with the largest magnitude stays.
std::vector<float> pruned_weights(std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> weights(kRows * kCols);
  for (float& weight : weights) {
    weight = normal(random);
    if (std::fabs(weight) < 1.645f) weight = 0;
  }
  return weights;
}

void check_f32(const KernelTable& table, const PackedWeights& packed,
               const std::vector<float>& weights, const float* x) {
  AlignedBuffer out(panel_floats(kRows) * sizeof(float));
  linear_f32(table, packed.format())({.weights = packed.view(),
                                      .first_block = 0,
                                      .last_block = packed.view().row_blocks,
                                      .tokens = kTokens,
                                      .x = x,
                                      .bias = nullptr,
                                      .activation = Activation::kNone,
                                      .residual = nullptr,
                                      .y = out.as<float>()});
  for (std::size_t row = 0; row < kRows; ++row)
    for (std::size_t token = 0; token < kTokens; ++token) {
      double sum = 0, magnitude = 0;
      for (std::size_t col = 0; col < kCols; ++col) {
        const double product = double{weights[row * kCols + col]} * x[col * kPanelTokens + token];
        sum += product;
        magnitude += std::fabs(product);
      }
      // One rounding of at most 2^-24 for each input.
      const double tolerance = kCols * magnitude / (1 << 24);
      check(std::fabs(out.as<float>()[row * kPanelTokens + token] - sum) <= tolerance,
            "fp32 product on " + std::string(isa_name(table.isa)) + ", row " + std::to_string(row));
    }
}

void check_i8(const KernelTable& table, const PackedWeights& packed,
              const std::vector<std::int16_t>& weights, const std::uint8_t* x) {
  std::vector<std::int32_t> offset;
  for (const std::int32_t row_sum : packed.row_sums()) offset.push_back(-kInputZeroPoint * row_sum);
  const std::vector<float> scale(kRows, 1.0f);
  AlignedBuffer out(panel_floats(kRows) * sizeof(float));
  AlignedBuffer scratch(i8_scratch_elements(packed.view()) * sizeof(std::int32_t));
  linear_i8(table, packed.format())({.weights = packed.view(),
                                     .first_block = 0,
                                     .last_block = packed.view().row_blocks,
                                     .tokens = kTokens,
                                     .x = x,
                                     .offset = offset.data(),
                                     .scale = scale.data(),
                                     .bias = nullptr,
                                     .activation = Activation::kNone,
                                     .residual = nullptr,
                                     .y = out.as<float>(),
                                     .y_u8 = nullptr,
                                     .y_quantization = {},
                                     .scratch = scratch.as<std::int32_t>()});
  for (std::size_t row = 0; row < kRows; ++row)
    for (std::size_t token = 0; token < kTokens; ++token) {
      std::int64_t sum = 0;  // below 2^24: a float holds it exactly
      for (std::size_t col = 0; col < kCols; ++col) {
        const int input = x[(col / 4 * kPanelTokens + token) * 4 + col % 4];
        sum += weights[row * kCols + col] * (input - kInputZeroPoint);
      }
      check(out.as<float>()[row * kPanelTokens + token] == static_cast<float>(sum),
            "int8 product on " + std::string(isa_name(table.isa)) + ", row " + std::to_string(row));
    }
}

void check_all_f32(std::mt19937& random) {
  const std::vector<float> weights = pruned_weights(random);
  AlignedBuffer x(panel_floats(kCols) * sizeof(float));
  std::uniform_real_distribution<float> inputs(-1, 1);
  for (std::size_t i = 0; i < panel_floats(kCols); ++i) x.as<float>()[i] = inputs(random);
  for (const WeightFormat format : {WeightFormat::kDenseF32, WeightFormat::kUnstructuredF32}) {
    const PackedWeights packed = pack_f32(format, weights, kRows, kCols);
    check(unpack_f32(packed) == weights, "unpacked fp32 weights");
    for (const KernelTable& table : supported_tables())
      check_f32(table, packed, weights, x.as<float>());
  }
}

void check_all_i8(std::mt19937& random) {
  std::vector<std::int16_t> weights;
  for (const float weight : pruned_weights(random))
    weights.push_back(static_cast<std::int16_t>(std::lround(weight * 40)));
  AlignedBuffer x(quad_panel_bytes(kCols));
  for (std::size_t i = 0; i < x.size(); ++i) x.as<std::uint8_t>()[i] = random() & 255;
  for (const WeightFormat format :
       {WeightFormat::kDenseI8, WeightFormat::kGroupsI8, WeightFormat::kUnstructuredI8}) {
    const PackedWeights packed = pack_i8(format, weights, kRows, kCols);
    check(unpack_i8(packed) == weights, "unpacked int8 weights");
    for (const KernelTable& table : supported_tables())
      check_i8(table, packed, weights, x.as<std::uint8_t>());
  }
}

}  // namespace

int main() {
  std::mt19937 random(1);
  check_all_f32(random);
  check_all_i8(random);
  if (failures != 0) std::fprintf(stderr, "%d differences\n", failures);
  return failures == 0 ? 0 : 1;
}
