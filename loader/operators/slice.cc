// Slice, Split, Transpose, Expand, Tile: views of one tensor, copied.
#include <algorithm>
#include <numeric>
#include <string>

#include "loader/operators/broadcast.h"
#include "loader/operators/operators.h"
#include "loader/operators/strided_copy.h"

namespace filigree::loader {
namespace {

struct Interval {
  std::int64_t start;
  std::int64_t count;
};

// The elements that start:end:step selects of a dimension, with ONNX's clamping.
Interval interval(std::int64_t size, std::int64_t start, std::int64_t end, std::int64_t step) {
  if (size == 0) return {0, 0};
  const auto from_front = [size](std::int64_t index) { return index < 0 ? index + size : index; };
  if (step > 0) {
    start = std::clamp<std::int64_t>(from_front(start), 0, size);
    end = std::clamp<std::int64_t>(from_front(end), 0, size);
    return {start, end > start ? (end - start - 1) / step + 1 : 0};
  }
  start = std::clamp<std::int64_t>(from_front(start), 0, size - 1);
  end = std::clamp<std::int64_t>(from_front(end), -1, size - 1);
  return {start, end < start ? (end - start + 1) / step + 1 : 0};
}

// Elements [start, start + size) along `axis`.
Tensor part(const Tensor& data, std::size_t axis, std::int64_t start, std::int64_t size) {
  Dims dims = data.dims();
  dims[axis] = size;
  const auto strides = row_major_strides(data.dims());
  return strided_copy(data, dims, strides, start * strides[axis]);
}

std::vector<std::int64_t> split_sizes(const Call& call, std::int64_t size) {
  if (call.has_input(1)) return integer_values(call.input(1));
  if (find_attribute(call.node, "split") != nullptr) return ints_attribute(call.node, "split", {});
  const auto outputs = static_cast<std::int64_t>(call.node.outputs.size());
  const std::int64_t parts = int_attribute(call.node, "num_outputs", outputs);
  if (parts < 1 || parts != outputs)
    throw FormatError("num_outputs is " + std::to_string(parts) + ", expected the " +
                      std::to_string(outputs) + " outputs of the node");
  // Before opset 18 the parts must be equal; since then the last ones may be smaller.
  if (call.opset < 18 && size % parts != 0)
    throw FormatError("dimension " + std::to_string(size) + " does not split in " +
                      std::to_string(parts) + " equal parts");
  const std::int64_t largest = (size + parts - 1) / parts;
  std::vector<std::int64_t> sizes;
  for (std::int64_t i = 0, left = size; i < parts; ++i) {
    sizes.push_back(std::min(largest, left));
    left -= sizes.back();
  }
  return sizes;
}

}  // namespace

std::vector<Tensor> slice(const Call& call) {
  const Tensor& data = call.input(0);
  const auto starts = integer_values(call.input(1));
  const auto ends = integer_values(call.input(2));
  std::vector<std::int64_t> axes(starts.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (call.has_input(3)) axes = integer_values(call.input(3));
  std::vector<std::int64_t> steps(starts.size(), 1);
  if (call.has_input(4)) steps = integer_values(call.input(4));
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    throw FormatError("starts, ends, axes and steps differ in length");
  normal_axes(axes, data.dims().size());  // refuses repeated axes

  Dims dims = data.dims();
  auto strides = row_major_strides(data.dims());
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (steps[i] == 0) throw FormatError("step is 0");
    const std::size_t axis = normal_axis(axes[i], dims.size());
    const Interval chosen = interval(dims[axis], starts[i], ends[i], steps[i]);
    offset += chosen.start * strides[axis];
    dims[axis] = chosen.count;
    // With one element the step is never taken, and may be too large to multiply.
    if (chosen.count > 1) strides[axis] *= steps[i];
  }
  return {strided_copy(data, dims, strides, offset)};
}

std::vector<Tensor> split(const Call& call) {
  const Tensor& data = call.input(0);
  const std::size_t axis = normal_axis(int_attribute(call.node, "axis", 0), data.dims().size());
  const std::int64_t size = data.dims()[axis];
  const auto sizes = split_sizes(call, size);
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  for (const std::int64_t length : sizes) {
    if (length < 0 || length > size - start) {
      start = -1;
      break;
    }
    parts.push_back(part(data, axis, start, length));
    start += length;
  }
  if (start != size)
    throw FormatError("split " + shape_text(sizes) + " does not add up to dimension " +
                      std::to_string(size));
  return parts;
}

std::vector<Tensor> transpose(const Call& call) {
  const Tensor& data = call.input(0);
  const std::size_t rank = data.dims().size();
  std::vector<std::int64_t> order(rank);
  std::iota(order.rbegin(), order.rend(), 0);
  order = ints_attribute(call.node, "perm", order);
  if (normal_axes(order, rank).size() != rank)
    throw FormatError("perm has " + std::to_string(order.size()) + " axes, expected " +
                      std::to_string(rank));
  const auto own = row_major_strides(data.dims());
  Dims dims;
  std::vector<std::int64_t> strides;
  for (const std::int64_t axis : order) {
    dims.push_back(data.dims()[normal_axis(axis, rank)]);
    strides.push_back(own[normal_axis(axis, rank)]);
  }
  return {strided_copy(data, dims, strides, 0)};
}

std::vector<Tensor> expand(const Call& call) {
  const Tensor& data = call.input(0);
  const Dims wanted = integer_values(call.input(1));
  element_count(wanted);  // refuses negative dimensions
  const Dims dims = broadcast_dims(data.dims(), wanted);
  return {strided_copy(data, dims, broadcast_strides(data.dims(), dims), 0)};
}

std::vector<Tensor> tile(const Call& call) {
  const Tensor& data = call.input(0);
  const auto repeats = integer_values(call.input(1));
  if (repeats.size() != data.dims().size())
    throw FormatError("has " + std::to_string(repeats.size()) + " repeats, expected " +
                      std::to_string(data.dims().size()));
  const auto own = row_major_strides(data.dims());
  // Dimension d of the result is (repeat, own dimension): the repeat walks nowhere.
  Dims pairs;
  std::vector<std::int64_t> strides;
  for (std::size_t d = 0; d < repeats.size(); ++d) {
    pairs.insert(pairs.end(), {repeats[d], data.dims()[d]});
    strides.insert(strides.end(), {0, own[d]});
  }
  element_count(pairs);  // refuses negative repeats and overflow
  Dims dims;
  for (std::size_t d = 0; d < repeats.size(); ++d) dims.push_back(repeats[d] * data.dims()[d]);
  return {strided_copy(data, pairs, strides, 0).reshaped(std::move(dims))};
}

}  // namespace filigree::loader
