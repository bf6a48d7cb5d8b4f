#include "tools/compress/input_moments.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "kernels/aligned_buffer.h"
#include "kernels/packed_weights.h"
#include "kernels/panel.h"

namespace filigree::tools {
namespace {

using kernels::kPanelTokens;

constexpr std::size_t kTokensInFloat = 512;
constexpr double kDamping = 0.01;

// Columns [first, first + width) of h from one chunk: the features of the panel are its lanes.
void add_columns(const kernels::KernelTable& table, const kernels::PackedView& transposed,
                 std::span<const float> x, std::size_t first, SquareMatrix& h) {
  const std::size_t features = h.size(), tokens = x.size() / features;
  const std::size_t width = std::min(kPanelTokens, features - first);
  kernels::AlignedBuffer input(sizeof(float) * kernels::panel_floats(tokens));
  kernels::AlignedBuffer output(sizeof(float) * kernels::panel_floats(features));
  for (std::size_t token = 0; token < tokens; ++token)
    std::ranges::copy(x.subspan(token * features + first, width),
                      input.as<float>() + token * kPanelTokens);
  kernels::linear_f32(table, transposed.format)({.weights = transposed,
                                                 .first_block = 0,
                                                 .last_block = transposed.row_blocks,
                                                 .tokens = width,
                                                 .x = input.as<float>(),
                                                 .bias = nullptr,
                                                 .activation = kernels::Activation::kNone,
                                                 .residual = nullptr,
                                                 .y = output.as<float>()});
  const float* const y = output.as<float>();
  for (std::size_t row = 0; row < features; ++row)
    for (std::size_t lane = 0; lane < width; ++lane)
      h.at(row, first + lane) += 2 * static_cast<double>(y[row * kPanelTokens + lane]);
}

void add_chunk(const kernels::KernelTable& table, std::span<const float> x, SquareMatrix& h,
               runtime::WorkerGroup& group) {
  const std::size_t features = h.size(), tokens = x.size() / features;
  std::vector<float> transposed(x.size());
  for (std::size_t token = 0; token < tokens; ++token)
    for (std::size_t feature = 0; feature < features; ++feature)
      transposed[feature * tokens + token] = x[token * features + feature];
  const kernels::PackedWeights packed =
      kernels::pack_f32(kernels::WeightFormat::kDenseF32, transposed, features, tokens);
  std::atomic<std::size_t> next{0};
  group.parallel(group.size(), [&](std::size_t) {
    for (std::size_t at = next++; at * kPanelTokens < features; at = next++)
      add_columns(table, packed.view(), x, at * kPanelTokens, h);
  });
}

}  // namespace

void add_moments(const kernels::KernelTable& table, std::span<const float> x, SquareMatrix& h,
                 runtime::WorkerGroup& group) {
  const std::size_t chunk = kTokensInFloat * h.size();
  for (std::size_t at = 0; at < x.size(); at += chunk)
    add_chunk(table, x.subspan(at, std::min(chunk, x.size() - at)), h, group);
}

SquareMatrix damped(const SquareMatrix& h) {
  double trace = 0;
  for (std::size_t i = 0; i < h.size(); ++i) trace += h.at(i, i);
  SquareMatrix result = h;
  // Inputs that are all zeros have no mean: any positive diagonal says that nothing is lost.
  const double added = trace > 0 ? kDamping * trace / static_cast<double>(h.size()) : 1;
  for (std::size_t i = 0; i < h.size(); ++i) result.at(i, i) += added;
  return result;
}

}  // namespace filigree::tools
