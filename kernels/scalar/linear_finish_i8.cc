// Beginning and end of the int32 sums of a row block, to be read.
#include <cstddef>
#include <cstdint>

#include "kernels/internal/linear_scalar.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

float finished(const LinearI8Args& args, std::size_t row, std::size_t t, std::int32_t sum) {
  const float value = static_cast<float>(sum + args.offset[row]) * args.scale[row] +
                      (args.bias != nullptr ? args.bias[row] : 0.0F);
  return activated(args.activation, value,
                   args.residual != nullptr ? args.residual + row * kPanelTokens + t : nullptr);
}

}  // namespace

void begin_block_i8_scalar(const LinearI8Args& args, std::size_t block) noexcept {
  const Span rows = rows_of_block(args.weights, block);
  for (std::size_t i = 0; i < (rows.end - rows.begin) * kPanelTokens; ++i) args.scratch[i] = 0;
}

void finish_block_i8_scalar(const LinearI8Args& args, std::size_t block) noexcept {
  const Span rows = rows_of_block(args.weights, block);
  const auto zero = static_cast<std::uint8_t>(args.y_quantization.zero_point);
  for (std::size_t row = rows.begin; row < rows.end; ++row)
    for (std::size_t t = 0; t < args.tokens; ++t) {
      const std::int32_t sum = args.scratch[(row - rows.begin) * kPanelTokens + t];
      const float value = finished(args, row, t, sum);
      if (args.y_u8 == nullptr)
        args.y[row * kPanelTokens + t] = value;
      else
        args.y_u8[row / 4 * 4 * kPanelTokens + 4 * t + row % 4] =
            quantize_scalar(value, args.y_quantization);
    }
  if (args.y_u8 == nullptr) return;
  for (std::size_t row = rows.end; row % 4 != 0; ++row)
    for (std::size_t t = 0; t < args.tokens; ++t)
      args.y_u8[row / 4 * 4 * kPanelTokens + 4 * t + row % 4] = zero;
}

}  // namespace filigree::kernels
