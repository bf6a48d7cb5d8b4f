// Cast, CastLike.
#include <limits>
#include <string>
#include <type_traits>

#include "loader/operators/cast_value.h"
#include "loader/operators/elementwise.h"
#include "loader/operators/operators.h"

namespace filigree::loader {
namespace {

template <class To, class From>
To cast_value(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From{};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // The bounds as floating point: the upper one may round up to one past the last integer, hence
    // >=.
    if (value != value) return To{0};
    if (value <= static_cast<From>(std::numeric_limits<To>::min()))
      return std::numeric_limits<To>::min();
    if (value >= static_cast<From>(std::numeric_limits<To>::max()))
      return std::numeric_limits<To>::max();
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

template <class To>
Tensor cast_to(const Tensor& tensor) {
  return with_type<float, double, std::int32_t, std::int64_t, std::int8_t, std::uint8_t, bool>(
      tensor.type(), [&]<class From>() {
        return map_elements<From, To>(tensor, [](From value) { return cast_value<To>(value); });
      });
}

Tensor widened(const Tensor& half) {
  Tensor result(DataType::kFloat, half.dims());
  half_to_float(half.half_bits(), result.mutable_data<float>());
  return result;
}

Tensor narrowed(const Tensor& tensor) {
  Tensor result(DataType::kFloat16, tensor.dims());
  const auto out = result.mutable_half_bits();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = float_to_half(tensor.data<float>()[i]);
  return result;
}

DataType target_type(const Call& call) {
  const std::int64_t value = int_attribute(call.node, "to", 0);
  const auto type = data_type_from_onnx(value);
  if (!type)
    throw UnsupportedError("element type " + std::to_string(value) +
                           " of attribute 'to' is not implemented");
  return *type;
}

}  // namespace

Tensor cast(const Tensor& tensor, DataType type) {
  if (tensor.type() == type) return tensor;
  if (tensor.type() == DataType::kFloat16) return cast(widened(tensor), type);
  if (type == DataType::kFloat16) return narrowed(cast(tensor, DataType::kFloat));
  return with_type<float, double, std::int32_t, std::int64_t, std::int8_t, std::uint8_t, bool>(
      type, [&]<class To>() { return cast_to<To>(tensor); });
}

std::vector<Tensor> cast(const Call& call) { return {cast(call.input(0), target_type(call))}; }

std::vector<Tensor> cast_like(const Call& call) {
  return {cast(call.input(0), call.input(1).type())};
}

}  // namespace filigree::loader
