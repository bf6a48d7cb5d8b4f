// What the checks of kernels share: named cases that run on any table, and random numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "kernels/aligned_buffer.h"
#include "kernels/kernel_table.h"
#include "kernels/panel.h"

namespace filigree::tools {

// Outputs of a kernel, [features][tokens]; u8 values are held as floats, exactly.
struct KernelOutput {
  std::size_t tokens = 0;
  std::vector<float> values;
};

// Calls with the same fixed inputs, which all have to give the same bits.
struct KernelCase {
  struct Variant {
    std::string format;  // of a matrix; empty where there is one variant
    std::function<KernelOutput(const kernels::KernelTable&)> run;
  };
  std::string kernel;  // cases of one kernel follow each other
  std::string inputs;  // "97x113 at density 0.2, 17 tokens"
  std::vector<Variant> variants;
};

// Not the distributions of the standard library: their values differ between libraries.
class RandomNumbers {
 public:
  explicit RandomNumbers(unsigned seed) : engine_(seed) {}
  float uniform(float low, float high) {
    return low + (high - low) * static_cast<float>(engine_() >> 8) * 0x1p-24F;
  }
  int between(int low, int high) {
    return low + static_cast<int>(engine_() % static_cast<unsigned>(high - low + 1));
  }
  std::vector<float> floats(std::size_t count, float low, float high) {
    std::vector<float> values(count);
    for (float& value : values) value = uniform(low, high);
    return values;
  }

 private:
  std::mt19937 engine_;
};

// Elements of T that kernels can read and write as panels: aligned, and zero at first.
template <class T>
class Panels {
 public:
  explicit Panels(std::size_t count) : count_(count), memory_(count * sizeof(T)) {}
  T* data() noexcept { return memory_.as<T>(); }
  const T* data() const noexcept { return memory_.as<T>(); }
  std::span<T> span() noexcept { return {data(), count_}; }

 private:
  std::size_t count_;
  kernels::AlignedBuffer memory_;
};

inline Panels<float> random_panel(RandomNumbers& random, std::size_t features, float low,
                                  float high) {
  Panels<float> panel(kernels::panel_floats(features));
  for (float& value : panel.span()) value = random.uniform(low, high);
  return panel;
}

inline Panels<std::uint8_t> random_quads(RandomNumbers& random, std::size_t bytes) {
  Panels<std::uint8_t> quads(bytes);
  for (std::uint8_t& value : quads.span())
    value = static_cast<std::uint8_t>(random.between(0, 255));
  return quads;
}

inline KernelOutput output_of(const Panels<float>& panel, std::size_t features,
                              std::size_t tokens) {
  KernelOutput output{tokens, {}};
  for (std::size_t f = 0; f < features; ++f)
    for (std::size_t t = 0; t < tokens; ++t)
      output.values.push_back(panel.data()[f * kernels::kPanelTokens + t]);
  return output;
}

inline KernelOutput output_of(const Panels<std::uint8_t>& quads, std::size_t features,
                              std::size_t tokens) {
  KernelOutput output{tokens, {}};
  for (std::size_t f = 0; f < features; ++f)
    for (std::size_t t = 0; t < tokens; ++t)
      output.values.push_back(quads.data()[f / 4 * 4 * kernels::kPanelTokens + 4 * t + f % 4]);
  return output;
}

std::vector<KernelCase> linear_cases();
std::vector<KernelCase> attention_cases();
std::vector<KernelCase> panel_cases();  // softmax, LayerNorm, GELU, quantise, embedding

}  // namespace filigree::tools
