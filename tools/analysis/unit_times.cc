#include "tools/analysis/unit_times.h"

#include <chrono>
#include <vector>

#include "kernels/aligned_buffer.h"
#include "kernels/packed_weights.h"
#include "kernels/panel.h"

namespace filigree::tools {
namespace {

using kernels::kPanelTokens;
using kernels::WeightFormat;

// A matrix of BERT-base, of the size that the cost model was fitted to.
constexpr std::size_t kSize = 768;

template <class Function>
double seconds(Function function) {
  const auto start = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void keep_least(double& least, double time) {
  if (least == 0 || time < least) least = time;
}

}  // namespace

struct UnitTimer::Work {
  explicit Work(const kernels::KernelTable& kernel_table)
      : table(kernel_table),
        f32(kernels::pack_f32(WeightFormat::kDenseF32, std::vector<float>(kSize * kSize, 0.5F),
                              kSize, kSize)),
        i8(kernels::pack_i8(WeightFormat::kDenseI8, std::vector<std::int16_t>(kSize * kSize, 3),
                            kSize, kSize)),
        x(kSize * kPanelTokens * sizeof(float)),
        x_u8(kSize * kPanelTokens),
        y(kSize * kPanelTokens * sizeof(float)),
        accumulators(kernels::i8_scratch_elements(i8.view()) * sizeof(std::int32_t)),
        offset(kSize, 0),
        scale(kSize, 0.001F) {
    for (std::size_t i = 0; i < kSize * kPanelTokens; ++i) {
      x.as<float>()[i] = static_cast<float>(i % 17) * 0.25F - 2.0F;
      x_u8.as<std::uint8_t>()[i] = static_cast<std::uint8_t>(i % 251);
    }
  }

  void dense_f32() {
    table.dense_f32({.weights = f32.view(),
                     .first_block = 0,
                     .last_block = f32.view().row_blocks,
                     .tokens = kernels::kUsualPanelTokens,
                     .x = x.as<float>(),
                     .bias = nullptr,
                     .activation = kernels::Activation::kNone,
                     .residual = nullptr,
                     .y = y.as<float>()});
  }

  void dense_i8() {
    table.dense_i8({.weights = i8.view(),
                    .first_block = 0,
                    .last_block = i8.view().row_blocks,
                    .tokens = kernels::kUsualPanelTokens,
                    .x = x_u8.as<std::uint8_t>(),
                    .offset = offset.data(),
                    .scale = scale.data(),
                    .bias = nullptr,
                    .activation = kernels::Activation::kNone,
                    .residual = nullptr,
                    .y = y.as<float>(),
                    .y_u8 = nullptr,
                    .y_quantization = {1.0F, 0},
                    .scratch = accumulators.as<std::int32_t>()});
  }

  void gelu() { table.gelu({x.as<float>(), kSize * kPanelTokens, y.as<float>()}); }

  const kernels::KernelTable& table;
  kernels::PackedWeights f32, i8;
  kernels::AlignedBuffer x, x_u8, y, accumulators;
  std::vector<std::int32_t> offset;
  std::vector<float> scale;
};

UnitTimer::UnitTimer(const kernels::KernelTable& table) : work_(std::make_unique<Work>(table)) {}

UnitTimer::~UnitTimer() = default;

void UnitTimer::measure() {
  constexpr double kWeights = static_cast<double>(kSize * kSize);
  keep_least(least_.f32_weight, seconds([&] { work_->dense_f32(); }) / kWeights);
  keep_least(least_.i8_quad, seconds([&] { work_->dense_i8(); }) / (kWeights / 4));
  keep_least(least_.gelu_row, seconds([&] { work_->gelu(); }) / static_cast<double>(kSize));
}

}  // namespace filigree::tools
