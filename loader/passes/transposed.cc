#include "loader/passes/transposed.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace filigree::loader {
namespace {

// In tiles: a column of one is a line of the other.
template <class T>
void transpose(const T* from, std::size_t rows, std::size_t cols, T* to) {
  constexpr std::size_t kTile = 16;
  for (std::size_t top = 0; top < rows; top += kTile)
    for (std::size_t left = 0; left < cols; left += kTile)
      for (std::size_t col = left; col < std::min(left + kTile, cols); ++col)
        for (std::size_t row = top; row < std::min(top + kTile, rows); ++row)
          to[col * rows + row] = from[row * cols + col];
}

template <class T>
Tensor transposed_as(const Tensor& matrix) {
  const auto rows = static_cast<std::size_t>(matrix.dims()[0]);
  const auto cols = static_cast<std::size_t>(matrix.dims()[1]);
  return Tensor::deferred(matrix.type(), {matrix.dims()[1], matrix.dims()[0]},
                          [matrix, rows, cols](std::span<std::byte> out) {
                            TensorScratch scratch;
                            transpose(reinterpret_cast<const T*>(matrix.bytes_in(scratch).data()),
                                      rows, cols, reinterpret_cast<T*>(out.data()));
                          });
}

}  // namespace

Tensor transposed(const Tensor& matrix) {
  switch (matrix.type()) {
    case DataType::kFloat:
      return transposed_as<float>(matrix);
    case DataType::kInt8:
    case DataType::kUint8:
      return transposed_as<std::uint8_t>(matrix);
    default:
      throw std::invalid_argument("transposed: a matrix of type " +
                                  std::string(data_type_name(matrix.type())));
  }
}

}  // namespace filigree::loader
