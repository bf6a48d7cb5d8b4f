#include "runtime/round_panel.h"

namespace filigree::runtime {

void round_panel(const kernels::Quantization& quantization, std::size_t features,
                 std::size_t tokens, float* panel) noexcept {
  // Adding this rounds to an integer, half to even: the next float is one larger. Vectorises
  // without instructions that round, which SSE2 lacks.
  constexpr float kRound = 0x1.8p23F;
  const float scale = quantization.scale;
  const auto low = static_cast<float>(-quantization.zero_point);
  const auto high = static_cast<float>(255 - quantization.zero_point);
  for (std::size_t f = 0; f < features; ++f) {
    float* row = panel + f * kernels::kPanelTokens;
    for (std::size_t t = 0; t < tokens; ++t) {
      float steps = row[t] / scale;
      steps = steps > low ? steps : low;  // of NaN, too
      steps = steps < high ? steps : high;
      row[t] = ((steps + kRound) - kRound) * scale;
    }
  }
}

}  // namespace filigree::runtime
