// LayerNormalization.
#include <cmath>
#include <string>

#include "loader/operators/broadcast.h"
#include "loader/operators/element_type.h"
#include "loader/operators/operators.h"
#include "loader/operators/strided_copy.h"

namespace filigree::loader {
namespace {

// Scale and bias may be broadcast to the normalised dimensions.
Tensor full_parameter(const Tensor& parameter, const Dims& dims) {
  if (broadcast_dims(parameter.dims(), dims) != dims)
    throw FormatError("parameter of shape " + shape_text(parameter.dims()) +
                      " does not broadcast to " + shape_text(dims));
  return strided_copy(parameter, dims, broadcast_strides(parameter.dims(), dims), 0);
}

// Sums features in ascending order in T.
template <class T>
void normalize(std::span<const T> in, std::span<const T> scale, std::span<const T> bias, T epsilon,
               std::span<T> out) {
  const T count = static_cast<T>(in.size());
  T sum = 0;
  for (const T x : in) sum += x;
  const T mean = sum / count;
  T squares = 0;
  for (const T x : in) squares += (x - mean) * (x - mean);
  const T deviation = std::sqrt(squares / count + epsilon);
  for (std::size_t i = 0; i < in.size(); ++i)
    out[i] = (in[i] - mean) / deviation * scale[i] + bias[i];
}

}  // namespace

std::vector<Tensor> layer_normalization(const Call& call) {
  const Tensor& in = call.input(0);
  const std::size_t axis = normal_axis(int_attribute(call.node, "axis", -1), in.dims().size());
  const Dims dims(in.dims().begin() + static_cast<std::ptrdiff_t>(axis), in.dims().end());
  if (int_attribute(call.node, "stash_type", 1) != 1)
    throw UnsupportedError("attribute 'stash_type' is not implemented, expected 1 (FLOAT)");
  const std::size_t width = extent(dims, 0, dims.size());
  const float epsilon = float_attribute(call.node, "epsilon", 1e-5f);
  check_same_type(in, call.input(1));
  const Tensor scale = full_parameter(call.input(1), dims);
  if (call.has_input(2)) check_same_type(in, call.input(2));
  const Tensor bias =
      call.has_input(2) ? full_parameter(call.input(2), dims) : Tensor(in.type(), dims);
  return {with_real_type(in.type(), [&]<class T>() {
    Tensor result(in.type(), in.dims());
    for (std::size_t row = 0; row < in.size(); row += width)
      normalize<T>(in.data<T>().subspan(row, width), scale.data<T>(), bias.data<T>(),
                   static_cast<T>(epsilon), result.mutable_data<T>().subspan(row, width));
    return result;
  })};
}

}  // namespace filigree::loader
