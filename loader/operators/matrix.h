// Batched matrix products with NumPy's matmul rules, shared by MatMul, Gemm, MatMulInteger and
// QLinearMatMul.
#pragma once

#include <cstddef>
#include <vector>

#include "loader/operators/broadcast.h"
#include "loader/operators/element_type.h"

namespace filigree::loader {

// [.., rows, inner] x [.., inner, cols]; one-dimensional operands are a row and a column that the
// result drops.
struct MatrixShape {
  std::size_t rows, inner, cols;
  Dims result;
  Dims batch_a, batch_b, batch;  // leading dimensions of a, b and the result
};
// Throws FormatError when the operands do not fit.
MatrixShape matrix_shape(const Dims& a, const Dims& b);

// sum + x * y. Operands first to the type of the sum: int16 x int16 fits int32, whose overflow in
// the addition wraps.
template <class Sum, class A, class B>
Sum add_product(Sum sum, A x, B y) {
  using Wide = Wrapping<Sum>;
  return static_cast<Sum>(static_cast<Wide>(sum) + static_cast<Wide>(static_cast<Sum>(x)) *
                                                       static_cast<Wide>(static_cast<Sum>(y)));
}

// out[rows, 0] += a[rows, inner] x b[inner, 0] of one column. Eight rows at once: the additions of
// one wait for each other.
template <class A, class B, class Sum>
void accumulate_column(const A* a, const B* b, const MatrixShape& shape, Sum* out) {
  constexpr std::size_t kRows = 8;
  std::size_t i = 0;
  for (; i + kRows <= shape.rows; i += kRows) {
    const A* const from = a + i * shape.inner;
    Sum sums[kRows];
    for (std::size_t r = 0; r < kRows; ++r) sums[r] = out[(i + r) * shape.cols];
    for (std::size_t k = 0; k < shape.inner; ++k)
      for (std::size_t r = 0; r < kRows; ++r)
        sums[r] = add_product(sums[r], from[r * shape.inner + k], b[k * shape.cols]);
    for (std::size_t r = 0; r < kRows; ++r) out[(i + r) * shape.cols] = sums[r];
  }
  for (; i < shape.rows; ++i)
    for (std::size_t k = 0; k < shape.inner; ++k)
      out[i * shape.cols] =
          add_product(out[i * shape.cols], a[i * shape.inner + k], b[k * shape.cols]);
}

// out[rows, cols] += a[rows, inner] x b[inner, cols], all contiguous. Every element sums `inner` in
// ascending order: blocks keep a piece of b in the first-level cache (64 x 128 floats are 32 KB)
// and visit `inner` in order.
template <class A, class B, class Sum>
void accumulate_product(const A* a, const B* b, const MatrixShape& shape, Sum* out) {
  constexpr std::size_t kInnerBlock = 64;
  constexpr std::size_t kColsBlock = 128;
  constexpr std::size_t kFewCols = 4;
  if (shape.cols <= kFewCols) {
    for (std::size_t j = 0; j < shape.cols; ++j) accumulate_column(a, b + j, shape, out + j);
    return;
  }
  for (std::size_t j0 = 0; j0 < shape.cols; j0 += kColsBlock) {
    const std::size_t width = std::min(kColsBlock, shape.cols - j0);
    for (std::size_t k0 = 0; k0 < shape.inner; k0 += kInnerBlock) {
      const std::size_t k_end = std::min(k0 + kInnerBlock, shape.inner);
      for (std::size_t i = 0; i < shape.rows; ++i) {
        Sum* const to = out + i * shape.cols + j0;
        const A* const from = a + i * shape.inner;
        const B* row = b + k0 * shape.cols + j0;
        std::size_t k = k0;
        // Four steps of k for each load and store of the sums.
        for (; k + 4 <= k_end; k += 4, row += 4 * shape.cols) {
          const A x0 = from[k], x1 = from[k + 1], x2 = from[k + 2], x3 = from[k + 3];
          const B* const row1 = row + shape.cols;
          const B* const row2 = row1 + shape.cols;
          const B* const row3 = row2 + shape.cols;
          for (std::size_t j = 0; j < width; ++j)
            to[j] = add_product(
                add_product(add_product(add_product(to[j], x0, row[j]), x1, row1[j]), x2, row2[j]),
                x3, row3[j]);
        }
        for (; k < k_end; ++k, row += shape.cols)
          for (std::size_t j = 0; j < width; ++j) to[j] = add_product(to[j], from[k], row[j]);
      }
    }
  }
}

// The whole batch, into zeroed `out` of shape.result's size.
template <class A, class B, class Sum>
void batched_product(const A* a, const B* b, const MatrixShape& shape, Sum* out) {
  const BroadcastLoop<2> loop(shape.batch, {&shape.batch_a, &shape.batch_b});
  const std::size_t a_size = shape.rows * shape.inner;
  const std::size_t b_size = shape.inner * shape.cols;
  const std::size_t out_size = shape.rows * shape.cols;
  loop.run([&](std::size_t position, const auto& at, std::size_t count, const auto& strides) {
    for (std::size_t i = 0; i < count; ++i)
      accumulate_product(a + (at[0] + i * strides[0]) * a_size,
                         b + (at[1] + i * strides[1]) * b_size, shape,
                         out + (position + i) * out_size);
  });
}

}  // namespace filigree::loader
