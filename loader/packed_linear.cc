#include "loader/packed_linear.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "loader/error.h"
#include "loader/give_way.h"
#include "loader/imposed_sparsity.h"
#include "loader/packed_parameters.h"
#include "loader/passes/rewrite.h"
#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

using kernels::WeightFormat;

template <class T>
std::span<T> elements_in(TensorScratch& scratch, std::size_t count) {
  return {reinterpret_cast<T*>(scratch.bytes(count * sizeof(T)).data()), count};
}

// Row-major [cols][rows] from row-major [rows][cols]. In tiles: a column of the source is a line of
// the cache for each element.
template <class To, class From, class Convert>
std::span<To> transposed(std::span<const From> from, std::size_t rows, std::size_t cols,
                         TensorScratch& scratch, Convert convert) {
  constexpr std::size_t kTile = 16;
  constexpr std::size_t kTilesOfPiece = 32;
  const std::span<To> to = elements_in<To>(scratch, from.size());
  for (std::size_t top = 0; top < rows; top += kTile)
    for (std::size_t left = 0; left < cols; left += kTile) {
      const std::size_t bottom = std::min(top + kTile, rows);
      const std::size_t right = std::min(left + kTile, cols);
      for (std::size_t col = left; col < right; ++col)
        for (std::size_t row = top; row < bottom; ++row)
          to[col * rows + row] = convert(from[row * cols + col], col);
      if (left / kTile % kTilesOfPiece == 0) give_way();
    }
  return to;
}

template <class T>
std::span<const T> elements(const Tensor& tensor, TensorScratch& scratch) {
  return {reinterpret_cast<const T*>(tensor.bytes_in(scratch).data()), tensor.size()};
}

WeightFormat f32_format(const kernels::F32Pattern& pattern, const LoadOptions& options) {
  switch (options.formats) {
    case LoadOptions::Formats::kDense:
      return WeightFormat::kDenseF32;
    case LoadOptions::Formats::kSparse:
    case LoadOptions::Formats::kUnstructured:
      return WeightFormat::kUnstructuredF32;
    default:
      return kernels::choose_f32_format(pattern, options.isa);
  }
}

WeightFormat i8_format(const kernels::I8Pattern& pattern, const LoadOptions& options) {
  switch (options.formats) {
    case LoadOptions::Formats::kDense:
      return WeightFormat::kDenseI8;
    case LoadOptions::Formats::kSparse:
      return WeightFormat::kGroupsI8;
    case LoadOptions::Formats::kUnstructured:
      return WeightFormat::kUnstructuredI8;
    default:
      return kernels::choose_i8_format(pattern, options.isa);
  }
}

// A size that a format cannot index is no defect of the file.
template <class Pack>
kernels::PackedWeights packed_or_mismatch(const Node& node, Pack pack) {
  try {
    return pack();
  } catch (const std::invalid_argument& error) {
    throw Mismatch(node, std::string("a matrix that cannot be packed (") + error.what() + ")",
                   "one that can");
  }
}

Linear pack_float(const GraphIndex& index, const Node& node, const LoadOptions& options,
                  std::pmr::memory_resource& memory, PackScratch& scratch) {
  const Tensor& matrix = *index.constant(weight_name(node));
  const auto cols = static_cast<std::size_t>(matrix.dims()[0]);
  const auto rows = static_cast<std::size_t>(matrix.dims()[1]);
  const auto weights = transposed<float>(elements<float>(matrix, scratch.stored), cols, rows,
                                         scratch.turned, [](float w, std::size_t) { return w; });
  impose_sparsity(weights, cols, options.imposed);
  Linear linear;
  linear.weights = packed_or_mismatch(node, [&] {
    return packed_weights(std::span<const float>(weights), rows, cols, options, memory);
  });
  const std::string& bias = input_name(node, 2);
  if (!bias.empty()) linear.bias = repeated_values(index, node, bias, rows);
  return linear;
}

// The zero point of each output's weights.
std::vector<std::int32_t> weight_zero_points(const GraphIndex& index, const Node& node,
                                             std::size_t rows) {
  const Tensor* zero = index.constant(input_name(node, 4));
  if (zero == nullptr || zero->size() == 1)
    return std::vector<std::int32_t>(rows, zero_point_value(index, node, input_name(node, 4)));
  std::vector<std::int32_t> points(rows);
  for (std::size_t row = 0; row < rows; ++row)
    points[row] = zero->type() == DataType::kUint8 ? std::int32_t{zero->data<std::uint8_t>()[row]}
                                                   : std::int32_t{zero->data<std::int8_t>()[row]};
  return points;
}

std::span<std::int16_t> centered_weights(const GraphIndex& index, const Node& node,
                                         std::size_t rows, std::size_t cols, PackScratch& scratch) {
  const Tensor& matrix = *index.constant(weight_name(node));
  const std::vector<std::int32_t> zero = weight_zero_points(index, node, rows);
  const auto centered = [&](std::int32_t w, std::size_t row) {
    return static_cast<std::int16_t>(w - zero[row]);
  };
  if (matrix.type() == DataType::kUint8)
    return transposed<std::int16_t>(elements<std::uint8_t>(matrix, scratch.stored), cols, rows,
                                    scratch.turned, centered);
  return transposed<std::int16_t>(elements<std::int8_t>(matrix, scratch.stored), cols, rows,
                                  scratch.turned, centered);
}

// Integer bias minus zero point times row sum. Refuses rows whose sums might leave int32 for some
// input.
std::vector<std::int32_t> integer_offsets(const GraphIndex& index, const Node& node,
                                          std::span<const std::int16_t> weights, std::size_t rows,
                                          std::int32_t zero_point) {
  const std::string& name = input_name(node, 5);
  const Tensor* bias = name.empty() ? nullptr : index.constant(name);
  const std::size_t cols = weights.size() / rows;
  std::vector<std::int32_t> offsets(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    std::int64_t sum = 0;
    std::int64_t magnitude = 0;
    for (const std::int16_t w : weights.subspan(row * cols, cols)) {
      sum += w;
      magnitude += std::abs(w);
    }
    const std::int64_t added = bias == nullptr ? 0 : bias->data<std::int32_t>()[row];
    if (2 * 255 * magnitude + std::llabs(added) > std::numeric_limits<std::int32_t>::max())
      throw Mismatch(node, "output " + std::to_string(row) + " whose sum may leave 32 bits",
                     "a smaller sum of weights");
    offsets[row] = static_cast<std::int32_t>(added - zero_point * sum);
    give_way();
  }
  return offsets;
}

Linear pack_quantized(const GraphIndex& index, const Node& node, const LoadOptions& options,
                      std::pmr::memory_resource& memory, PackScratch& scratch) {
  const Dims& dims = index.constant(weight_name(node))->dims();
  const auto cols = static_cast<std::size_t>(dims[0]);
  const auto rows = static_cast<std::size_t>(dims[1]);
  const auto weights = centered_weights(index, node, rows, cols, scratch);
  impose_sparsity(weights, cols, options.imposed);
  Linear linear;
  linear.input = quantization(index, node, node.inputs[1], node.inputs[2]);
  linear.offset = integer_offsets(index, node, weights, rows, linear.input->zero_point);
  linear.scale = repeated_values(index, node, node.inputs[6], rows);
  if (!std::ranges::all_of(linear.scale, [](float scale) { return std::isfinite(scale); }))
    throw FormatError(describe(node) + ": scale " + quoted_name(node.inputs[6]) +
                      " is not finite, expected a number");
  if (!node.inputs[7].empty()) linear.bias = repeated_values(index, node, node.inputs[7], rows);
  if (node.inputs.size() > 8)
    linear.rounding = quantization(index, node, node.inputs[8], node.inputs[9]);
  linear.weights = packed_or_mismatch(node, [&] {
    return packed_weights(std::span<const std::int16_t>(weights), rows, cols, options, memory);
  });
  return linear;
}

}  // namespace

kernels::PackedWeights packed_weights(std::span<const float> weights, std::size_t rows,
                                      std::size_t cols, const LoadOptions& options,
                                      std::pmr::memory_resource& memory) {
  const kernels::F32Pattern pattern = kernels::pattern_f32(weights, rows, cols, current_wait());
  return kernels::pack_f32(f32_format(pattern, options), weights, rows, cols,
                           {.isa = options.isa,
                            .memory = &memory,
                            .pattern = &pattern,
                            .between_pieces = &current_wait()});
}

kernels::PackedWeights packed_weights(std::span<const std::int16_t> weights, std::size_t rows,
                                      std::size_t cols, const LoadOptions& options,
                                      std::pmr::memory_resource& memory) {
  const WeightFormat format =
      i8_format(kernels::pattern_i8(weights, rows, cols, current_wait()), options);
  return kernels::pack_i8(format, weights, rows, cols,
                          {.memory = &memory, .between_pieces = &current_wait()});
}

Linear pack_linear(const GraphIndex& index, const Node& node, const LoadOptions& options,
                   std::pmr::memory_resource& memory, PackScratch& scratch) {
  Linear linear = node.op_type == "Linear" ? pack_float(index, node, options, memory, scratch)
                                           : pack_quantized(index, node, options, memory, scratch);
  linear.name = string_attribute(node, "weight", weight_name(node));
  return linear;
}

}  // namespace filigree::loader
