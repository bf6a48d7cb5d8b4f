// Gather, GatherElements.
#include <cstring>
#include <string>

#include "loader/operators/axes.h"
#include "loader/operators/operators.h"

namespace filigree::loader {
namespace {

// Indices of any shape, counted from the front of a dimension of `size`.
std::vector<std::size_t> positions(const Tensor& indices, std::int64_t size) {
  const auto flat = integer_values(indices.reshaped({static_cast<std::int64_t>(indices.size())}));
  std::vector<std::size_t> result;
  result.reserve(flat.size());
  for (const std::int64_t index : flat) {
    if (index < -size || index >= size)
      throw FormatError("index " + std::to_string(index) + " is outside a dimension of " +
                        std::to_string(size));
    result.push_back(static_cast<std::size_t>(index < 0 ? index + size : index));
  }
  return result;
}

}  // namespace

std::vector<Tensor> gather(const Call& call) {
  const Tensor& data = call.input(0);
  const Tensor& indices = call.input(1);
  const Dims& in = data.dims();
  const std::size_t axis = normal_axis(int_attribute(call.node, "axis", 0), in.size());
  const auto chosen = positions(indices, in[axis]);

  Dims dims(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims().begin(), indices.dims().end());
  dims.insert(dims.end(), in.begin() + static_cast<std::ptrdiff_t>(axis) + 1, in.end());
  Tensor result(data.type(), dims);
  if (result.size() == 0) return {result};

  const std::size_t slice = extent(in, axis + 1, in.size()) * element_bytes(data.type());
  const std::size_t slices = static_cast<std::size_t>(in[axis]);
  const std::byte* from = data.bytes().data();
  std::byte* to = result.mutable_bytes().data();
  for (std::size_t outer = extent(in, 0, axis); outer > 0; --outer, from += slices * slice)
    for (const std::size_t position : chosen) {
      std::memcpy(to, from + position * slice, slice);
      to += slice;
    }
  return {result};
}

std::vector<Tensor> gather_elements(const Call& call) {
  const Tensor& data = call.input(0);
  const Tensor& indices = call.input(1);
  const std::size_t rank = data.dims().size();
  const std::size_t axis = normal_axis(int_attribute(call.node, "axis", 0), rank);
  if (indices.dims().size() != rank)
    throw FormatError("indices have rank " + std::to_string(indices.dims().size()) +
                      ", expected that of the data");
  for (std::size_t d = 0; d < rank; ++d)
    if (d != axis && indices.dims()[d] > data.dims()[d])
      throw FormatError("indices are larger than the data in dimension " + std::to_string(d));

  const auto chosen = positions(indices, data.dims()[axis]);
  const auto strides = row_major_strides(data.dims());
  const std::size_t width = element_bytes(data.type());
  Tensor result(data.type(), indices.dims());
  std::vector<std::int64_t> index(rank, 0);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    std::size_t source = chosen[i] * static_cast<std::size_t>(strides[axis]);
    for (std::size_t d = 0; d < rank; ++d)
      if (d != axis) source += static_cast<std::size_t>(index[d] * strides[d]);
    std::memcpy(result.mutable_bytes().data() + i * width, data.bytes().data() + source * width,
                width);
    for (std::size_t d = rank; d-- > 0;) {
      if (++index[d] < indices.dims()[d]) break;
      index[d] = 0;
    }
  }
  return {result};
}

}  // namespace filigree::loader
