// QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear.
#include <algorithm>
#include <string>

#include "loader/operators/axes.h"
#include "loader/operators/element_type.h"
#include "loader/operators/operators.h"
#include "loader/operators/round_to_integer.h"

namespace filigree::loader {
namespace {

// How scale and zero point apply to a tensor: channel c of [outer, channels, inner] has scale[c].
struct Channels {
  std::size_t channels = 1;
  std::size_t inner = 1;

  std::size_t of(std::size_t element) const noexcept { return element / inner % channels; }
};

Channels channels_of(const Call& call) {
  const Dims& dims = call.input(0).dims();
  const Tensor& scale = call.input(1);
  if (scale.type() != DataType::kFloat)
    throw UnsupportedError("scale is " + std::string(data_type_name(scale.type())) +
                           ", expected FLOAT");
  if (call.has_input(2) && call.input(2).size() != scale.size())
    throw FormatError("zero point of shape " + shape_text(call.input(2).dims()) +
                      " differs from scale of shape " + shape_text(scale.dims()));
  if (scale.size() == 1) return {1, std::max<std::size_t>(call.input(0).size(), 1)};
  const std::size_t axis = normal_axis(int_attribute(call.node, "axis", 1), dims.size());
  if (scale.dims().size() != 1 || scale.dims()[0] != dims[axis])
    throw FormatError("scale has shape " + shape_text(scale.dims()) + ", expected one or " +
                      std::to_string(dims[axis]) + " elements");
  return {scale.size(), std::max<std::size_t>(extent(dims, axis + 1, dims.size()), 1)};
}

template <class Q>
Tensor quantize_to(const Call& call, const Channels& channels) {
  const Tensor& in = call.input(0);
  const Tensor zero_point =
      call.has_input(2) ? call.input(2) : Tensor(kDataTypeOf<Q>, call.input(1).dims());
  const auto scales = call.input(1).data<float>();
  const auto zeros = zero_point.data<Q>();
  return with_type<float, std::int32_t>(in.type(), [&]<class T>() {
    Tensor result(kDataTypeOf<Q>, in.dims());
    const auto from = in.data<T>();
    const auto to = result.mutable_data<Q>();
    // Runs of one channel: the inner loop then has constants.
    for (std::size_t start = 0; start < to.size(); start += channels.inner) {
      const float scale = scales[channels.of(start)];
      const Q zero = zeros[channels.of(start)];
      const std::size_t end = std::min(start + channels.inner, to.size());
      for (std::size_t i = start; i < end; ++i)
        to[i] = quantized<Q>(static_cast<float>(from[i]) / scale, zero);
    }
    return result;
  });
}

template <class Q>
Tensor dequantize(const Call& call, const Channels& channels) {
  const Tensor& in = call.input(0);
  const Tensor zero_point =
      call.has_input(2) ? call.input(2) : Tensor(kDataTypeOf<Q>, call.input(1).dims());
  check_same_type(in, zero_point);
  const auto scales = call.input(1).data<float>();
  Tensor result(DataType::kFloat, in.dims());
  const auto from = in.data<Q>();
  const auto to = result.mutable_data<float>();
  for (std::size_t start = 0; start < to.size(); start += channels.inner) {
    const float scale = scales[channels.of(start)];
    const std::int64_t zero = zero_point.data<Q>()[channels.of(start)];
    const std::size_t end = std::min(start + channels.inner, to.size());
    for (std::size_t i = start; i < end; ++i) {
      const std::int64_t difference = std::int64_t{from[i]} - zero;
      to[i] = static_cast<float>(difference) * scale;
    }
  }
  return result;
}

}  // namespace

std::vector<Tensor> quantize_linear(const Call& call) {
  const Channels channels = channels_of(call);
  const DataType type = call.has_input(2) ? call.input(2).type() : DataType::kUint8;
  return {with_type<std::uint8_t, std::int8_t>(
      type, [&]<class Q>() { return quantize_to<Q>(call, channels); })};
}

std::vector<Tensor> dequantize_linear(const Call& call) {
  const Channels channels = channels_of(call);
  return {with_type<std::uint8_t, std::int8_t, std::int32_t>(
      call.input(0).type(), [&]<class Q>() { return dequantize<Q>(call, channels); })};
}

std::vector<Tensor> dynamic_quantize_linear(const Call& call) {
  const Tensor& in = call.input(0);
  if (in.type() != DataType::kFloat)
    throw FormatError("input is " + std::string(data_type_name(in.type())) + ", expected FLOAT");
  // The range always includes 0, which must be represented exactly.
  float least = 0;
  float greatest = 0;
  for (const float x : in.data<float>()) {
    least = std::min(least, x);
    greatest = std::max(greatest, x);
  }
  const float scale = least == greatest ? 1.0f : (greatest - least) / 255.0f;
  const auto zero_point = quantized<std::uint8_t>((0.0f - least) / scale, 0);
  Tensor result(DataType::kUint8, in.dims());
  const auto out = result.mutable_data<std::uint8_t>();
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = quantized<std::uint8_t>(in.data<float>()[i] / scale, zero_point);
  return {result, Tensor::scalar(scale), Tensor::scalar(zero_point)};
}

}  // namespace filigree::loader
