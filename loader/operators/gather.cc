// Gather, GatherElements, ScatterND.
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

std::vector<Tensor> scatter_nd(const Call& call) {
  const Tensor& data = call.input(0);
  const Tensor& indices = call.input(1);
  const Tensor& updates = call.input(2);
  if (string_attribute(call.node, "reduction", "none") != "none")
    throw UnsupportedError("attribute 'reduction' is not implemented, expected 'none'");
  if (updates.type() != data.type() || indices.dims().empty())
    throw FormatError("updates must have the data's type and indices at least one dimension");
  const std::size_t depth = static_cast<std::size_t>(indices.dims().back());
  if (depth > data.dims().size())
    throw FormatError("indices name " + std::to_string(depth) +
                      " dimensions, more than the data has");
  Dims expected(indices.dims().begin(), indices.dims().end() - 1);
  expected.insert(expected.end(), data.dims().begin() + static_cast<std::ptrdiff_t>(depth),
                  data.dims().end());
  if (updates.dims() != expected)
    throw FormatError("updates have shape " + shape_text(updates.dims()) + ", expected " +
                      shape_text(expected));

  Tensor result(data.type(), data.dims(), data.bytes());
  const std::size_t slice =
      extent(data.dims(), depth, data.dims().size()) * element_bytes(data.type());
  if (slice == 0 || updates.size() == 0) return {result};
  const auto flat = integer_values(indices.reshaped({static_cast<std::int64_t>(indices.size())}));
  for (std::size_t i = 0; i < updates.bytes().size() / slice; ++i) {
    std::size_t target = 0;
    for (std::size_t d = 0; d < depth; ++d) {
      const std::int64_t size = data.dims()[d];
      const std::int64_t index = flat[i * depth + d];
      if (index < -size || index >= size)
        throw FormatError("index " + std::to_string(index) + " is outside a dimension of " +
                          std::to_string(size));
      target = target * static_cast<std::size_t>(size) +
               static_cast<std::size_t>(index < 0 ? index + size : index);
    }
    std::memcpy(result.mutable_bytes().data() + target * slice, updates.bytes().data() + i * slice,
                slice);
  }
  return {result};
}

}  // namespace filigree::loader
