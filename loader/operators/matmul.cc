// MatMul, Gemm.
#include <string>

#include "loader/operators/elementwise.h"
#include "loader/operators/matrix.h"
#include "loader/operators/operators.h"
#include "loader/operators/strided_copy.h"

namespace filigree::loader {
namespace {

template <class T>
Tensor product(const Tensor& a, const Tensor& b) {
  const MatrixShape shape = matrix_shape(a.dims(), b.dims());
  Tensor result(a.type(), shape.result);
  batched_product(a.data<T>().data(), b.data<T>().data(), shape, result.mutable_data<T>().data());
  return result;
}

// The matrix, or its transpose when the attribute says so.
Tensor gemm_operand(const Call& call, std::size_t index, std::string_view attribute) {
  const Tensor& matrix = call.input(index);
  if (matrix.dims().size() != 2)
    throw FormatError("operand has shape " + shape_text(matrix.dims()) +
                      ", expected two dimensions");
  if (int_attribute(call.node, attribute, 0) == 0) return matrix;
  const Dims& dims = matrix.dims();
  return strided_copy(matrix, {dims[1], dims[0]}, std::vector<std::int64_t>{1, dims[1]}, 0);
}

}  // namespace

std::vector<Tensor> matmul(const Call& call) {
  const Tensor& a = call.input(0);
  const Tensor& b = call.input(1);
  check_same_type(a, b);
  return {with_type<float, double, std::int32_t, std::int64_t>(
      a.type(), [&]<class T>() { return product<T>(a, b); })};
}

// alpha * (A x B) + beta * C, in this order of operations.
std::vector<Tensor> gemm(const Call& call) {
  const Tensor a = gemm_operand(call, 0, "transA");
  const Tensor b = gemm_operand(call, 1, "transB");
  check_same_type(a, b);
  const float alpha = float_attribute(call.node, "alpha", 1.0f);
  const float beta = float_attribute(call.node, "beta", 1.0f);
  return {with_real_type(a.type(), [&]<class T>() {
    Tensor result = product<T>(a, b);
    for (T& sum : result.mutable_data<T>()) sum *= static_cast<T>(alpha);
    if (!call.has_input(2)) return result;
    const Tensor& c = call.input(2);
    check_same_type(a, c);
    if (broadcast_dims(c.dims(), result.dims()) != result.dims())
      throw FormatError("C of shape " + shape_text(c.dims()) + " does not broadcast to " +
                        shape_text(result.dims()));
    return map_pairs<T, T>(result, c, [beta](T sum, T bias) {
      return static_cast<T>(sum + static_cast<T>(beta) * bias);
    });
  })};
}

}  // namespace filigree::loader
