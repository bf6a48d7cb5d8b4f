// Constant, ConstantOfShape, Range.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "loader/operators/axes.h"
#include "loader/operators/element_type.h"
#include "loader/operators/operators.h"

namespace filigree::loader {
namespace {

Tensor tensor_of(const Attribute& attribute) {
  const auto vector_dims = [](const auto& values) {
    return Dims{static_cast<std::int64_t>(values.size())};
  };
  if (const auto* tensor = std::get_if<Tensor>(&attribute.value)) return *tensor;
  if (const auto* integer = std::get_if<std::int64_t>(&attribute.value))
    return Tensor::scalar(*integer);
  if (const auto* real = std::get_if<float>(&attribute.value)) return Tensor::scalar(*real);
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&attribute.value))
    return Tensor::of<std::int64_t>(vector_dims(*integers), *integers);
  if (const auto* reals = std::get_if<std::vector<float>>(&attribute.value))
    return Tensor::of<float>(vector_dims(*reals), *reals);
  throw UnsupportedError("attribute " + quoted_name(attribute.name) +
                         " has no numbers: strings and sparse tensors are not implemented");
}

template <class T>
std::int64_t range_count(T start, T limit, T delta) {
  if constexpr (std::is_integral_v<T>) {
    if (delta > 0 ? start >= limit : start <= limit) return 0;
    // Differences in unsigned arithmetic: the distance between two integers need not fit the signed
    // type.
    using Wide = std::uint64_t;
    const Wide distance = delta > 0 ? static_cast<Wide>(limit) - static_cast<Wide>(start)
                                    : static_cast<Wide>(start) - static_cast<Wide>(limit);
    const Wide step = delta > 0 ? static_cast<Wide>(delta) : Wide{0} - static_cast<Wide>(delta);
    const Wide count = (distance - 1) / step + 1;
    return static_cast<std::int64_t>(std::min<Wide>(count, kMaxTensorBytes + 1));
  } else {
    const double count = std::ceil((static_cast<double>(limit) - static_cast<double>(start)) /
                                   static_cast<double>(delta));
    if (!std::isfinite(count)) throw FormatError("range bounds are not finite");
    // More than a tensor can have is left to the Tensor to refuse.
    return static_cast<std::int64_t>(
        std::clamp(count, 0.0, static_cast<double>(kMaxTensorBytes) + 1.0));
  }
}

template <class T>
Tensor range_of(const Call& call) {
  for (std::size_t i = 0; i < 3; ++i)
    if (call.input(i).type() != kDataTypeOf<T> || call.input(i).size() != 1)
      throw FormatError("start, limit and delta must be one element each, of one type");
  const T start = call.input(0).data<T>()[0];
  const T limit = call.input(1).data<T>()[0];
  const T delta = call.input(2).data<T>()[0];
  if (delta == T{0}) throw FormatError("delta is 0");
  Tensor result(kDataTypeOf<T>, {range_count(start, limit, delta)});
  const auto out = result.mutable_data<T>();
  using Step = Wrapping<T>;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] =
        static_cast<T>(static_cast<Step>(start) + static_cast<Step>(i) * static_cast<Step>(delta));
  return result;
}

}  // namespace

std::vector<Tensor> constant(const Call& call) {
  if (call.node.attributes.size() != 1)
    throw FormatError("has " + std::to_string(call.node.attributes.size()) +
                      " attributes, expected one value");
  return {tensor_of(call.node.attributes[0])};
}

std::vector<Tensor> constant_of_shape(const Call& call) {
  const Tensor* value = tensor_attribute(call.node, "value");
  const Tensor element = value == nullptr ? Tensor::scalar(0.0f) : *value;
  if (element.size() != 1)
    throw FormatError("value has shape " + shape_text(element.dims()) + ", expected one element");
  Tensor result(element.type(), integer_values(call.input(0)));
  const std::size_t width = element_bytes(element.type());
  const auto out = result.mutable_bytes();
  for (std::size_t i = 0; i < out.size(); i += width)
    std::memcpy(out.data() + i, element.bytes().data(), width);
  return {result};
}

std::vector<Tensor> range(const Call& call) {
  return {with_type<float, double, std::int32_t, std::int64_t>(
      call.input(0).type(), [&]<class T>() { return range_of<T>(call); })};
}

}  // namespace filigree::loader
