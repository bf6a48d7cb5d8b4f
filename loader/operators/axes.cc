#include "loader/operators/axes.h"

#include <algorithm>
#include <string>

namespace filigree::loader {

std::size_t normal_axis(std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank)
    throw FormatError("axis " + std::to_string(axis) + " is outside rank " + std::to_string(rank));
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

std::vector<std::size_t> normal_axes(std::span<const std::int64_t> axes, std::size_t rank) {
  std::vector<std::size_t> result;
  for (const std::int64_t axis : axes) result.push_back(normal_axis(axis, rank));
  std::sort(result.begin(), result.end());
  const auto repeated = std::adjacent_find(result.begin(), result.end());
  if (repeated != result.end())
    throw FormatError("axis " + std::to_string(*repeated) + " is given twice");
  return result;
}

std::vector<std::int64_t> integer_values(const Tensor& tensor) {
  if (tensor.dims().size() > 1)
    throw FormatError("integer parameter has shape " + shape_text(tensor.dims()) +
                      ", expected one dimension");
  if (tensor.type() == DataType::kInt64) {
    const auto values = tensor.data<std::int64_t>();
    return {values.begin(), values.end()};
  }
  if (tensor.type() == DataType::kInt32) {
    const auto values = tensor.data<std::int32_t>();
    return {values.begin(), values.end()};
  }
  throw FormatError("integer parameter is " + std::string(data_type_name(tensor.type())) +
                    ", expected INT64 or INT32");
}

std::int64_t integer_value(const Tensor& tensor) {
  const auto values = integer_values(tensor);
  if (values.size() != 1)
    throw FormatError("integer parameter has shape " + shape_text(tensor.dims()) +
                      ", expected one element");
  return values[0];
}

std::optional<std::vector<std::int64_t>> axes_parameter(const Call& call, std::size_t index) {
  if (call.has_input(index)) return integer_values(call.input(index));
  if (find_attribute(call.node, "axes") == nullptr) return std::nullopt;
  return ints_attribute(call.node, "axes", {});
}

std::size_t extent(const Dims& dims, std::size_t begin, std::size_t end) {
  std::size_t product = 1;
  for (std::size_t i = begin; i < end; ++i) product *= static_cast<std::size_t>(dims[i]);
  return product;
}

std::vector<std::int64_t> row_major_strides(const Dims& dims) {
  std::vector<std::int64_t> strides(dims.size());
  std::int64_t stride = 1;
  for (std::size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= dims[i];
  }
  return strides;
}

}  // namespace filigree::loader
