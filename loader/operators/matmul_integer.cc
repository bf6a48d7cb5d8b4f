// MatMulInteger, QLinearMatMul: exact int32 sums of 8-bit products.
#include <string>

#include "loader/operators/matrix.h"
#include "loader/operators/operators.h"
#include "loader/operators/round_to_integer.h"

namespace filigree::loader {
namespace {

enum class PerVector { kRows, kCols };

// Elements minus their zero point, which is one number or one for each row (column).
template <class Q>
std::vector<std::int16_t> centred(const Tensor& matrix, const Tensor& zero_point, PerVector axis) {
  const Dims& dims = matrix.dims();
  const std::size_t cols = dims.empty() ? 1 : static_cast<std::size_t>(dims.back());
  const std::size_t rows = dims.size() < 2 ? 1 : static_cast<std::size_t>(dims[dims.size() - 2]);
  const std::size_t vectors = axis == PerVector::kRows ? rows : cols;
  const auto elements = matrix.data<Q>();
  std::vector<std::int16_t> result(elements.begin(), elements.end());
  if (zero_point.empty()) return result;
  check_same_type(matrix, zero_point);
  const auto zeros = zero_point.data<Q>();
  if (zeros.size() == 1) {
    for (auto& value : result) value = static_cast<std::int16_t>(value - zeros[0]);
    return result;
  }
  if (zeros.size() != vectors)
    throw FormatError("zero point has shape " + shape_text(zero_point.dims()) +
                      ", expected one element or " + std::to_string(vectors));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::size_t vector = axis == PerVector::kRows ? i / cols % rows : i % cols;
    result[i] = static_cast<std::int16_t>(result[i] - zeros[vector]);
  }
  return result;
}

std::vector<std::int16_t> centred(const Tensor& matrix, const Tensor& zero_point, PerVector axis) {
  if (matrix.type() == DataType::kUint8) return centred<std::uint8_t>(matrix, zero_point, axis);
  if (matrix.type() == DataType::kInt8) return centred<std::int8_t>(matrix, zero_point, axis);
  throw FormatError("operand is " + std::string(data_type_name(matrix.type())) +
                    ", expected UINT8 or INT8");
}

struct Operand {
  const Tensor& matrix;
  const Tensor& zero_point;  // empty: 0
};

Tensor integer_product(const Operand& a, const Operand& b) {
  const MatrixShape shape = matrix_shape(a.matrix.dims(), b.matrix.dims());
  const auto centred_a = centred(a.matrix, a.zero_point, PerVector::kRows);
  const auto centred_b = centred(b.matrix, b.zero_point, PerVector::kCols);
  Tensor result(DataType::kInt32, shape.result);
  batched_product(centred_a.data(), centred_b.data(), shape,
                  result.mutable_data<std::int32_t>().data());
  return result;
}

void check_scale(const Tensor& scale, std::size_t vectors, std::string_view name) {
  if (scale.type() != DataType::kFloat || (scale.size() != 1 && scale.size() != vectors))
    throw FormatError(std::string(name) + " is " + std::string(data_type_name(scale.type())) + " " +
                      shape_text(scale.dims()) + ", expected FLOAT with one element or " +
                      std::to_string(vectors));
}

template <class Q>
Tensor requantized(const Tensor& sums, const Call& call) {
  const Dims& dims = call.input(3).dims();
  const std::size_t cols = dims.size() < 2 ? 1 : static_cast<std::size_t>(dims.back());
  check_scale(call.input(1), 1, "scale of a");
  check_scale(call.input(4), cols, "scale of b");
  check_scale(call.input(6), 1, "scale of y");
  if (call.input(7).size() != 1) throw FormatError("zero point of y must be one element");
  const float scale_a = call.input(1).data<float>()[0];
  const auto scales_b = call.input(4).data<float>();
  const float scale_y = call.input(6).data<float>()[0];
  const Q zero_point = call.input(7).data<Q>()[0];
  Tensor result(kDataTypeOf<Q>, sums.dims());
  const auto out = result.mutable_data<Q>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float factor = scale_a * scales_b[scales_b.size() == 1 ? 0 : i % cols] / scale_y;
    out[i] = quantized<Q>(static_cast<float>(sums.data<std::int32_t>()[i]) * factor, zero_point);
  }
  return result;
}

}  // namespace

std::vector<Tensor> matmul_integer(const Call& call) {
  static const Tensor kNone;
  return {integer_product({call.input(0), call.has_input(2) ? call.input(2) : kNone},
                          {call.input(1), call.has_input(3) ? call.input(3) : kNone})};
}

std::vector<Tensor> qlinear_matmul(const Call& call) {
  const Tensor sums =
      integer_product({call.input(0), call.input(2)}, {call.input(3), call.input(5)});
  return {with_type<std::uint8_t, std::int8_t>(
      call.input(7).type(), [&]<class Q>() { return requantized<Q>(sums, call); })};
}

}  // namespace filigree::loader
