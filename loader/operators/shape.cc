// Operators that look at or change only the shape: Shape, Size, Reshape, Flatten, Squeeze,
// Unsqueeze, Identity, Dropout.
#include <algorithm>
#include <string>

#include "loader/operators/axes.h"
#include "loader/operators/operators.h"

namespace filigree::loader {

std::vector<Tensor> shape(const Call& call) {
  const Dims& dims = call.input(0).dims();
  const auto rank = static_cast<std::int64_t>(dims.size());
  const auto bound = [rank](std::int64_t index) {
    return std::clamp<std::int64_t>(index < 0 ? index + rank : index, 0, rank);
  };
  const std::int64_t begin = bound(int_attribute(call.node, "start", 0));
  const std::int64_t end = std::max(begin, bound(int_attribute(call.node, "end", rank)));
  return {Tensor::of<std::int64_t>({end - begin},
                                   std::span(dims).subspan(static_cast<std::size_t>(begin),
                                                           static_cast<std::size_t>(end - begin)))};
}

std::vector<Tensor> size(const Call& call) {
  return {Tensor::scalar(static_cast<std::int64_t>(call.input(0).size()))};
}

std::vector<Tensor> reshape(const Call& call) {
  const Tensor& data = call.input(0);
  Dims dims = integer_values(call.input(1));
  const bool copies_zero = int_attribute(call.node, "allowzero", 0) == 0;
  const auto wanted = shape_text(dims);
  auto inferred = dims.end();
  for (auto dim = dims.begin(); dim != dims.end(); ++dim) {
    const auto index = static_cast<std::size_t>(dim - dims.begin());
    if (*dim == 0 && copies_zero) {
      if (index >= data.dims().size())
        throw FormatError("shape " + wanted + " copies dimension " + std::to_string(index) +
                          " that the input lacks");
      *dim = data.dims()[index];
    } else if (*dim == -1) {
      if (inferred != dims.end()) throw FormatError("shape " + wanted + " has two -1");
      inferred = dim;
    }
  }
  if (inferred != dims.end()) {
    *inferred = 1;
    const std::size_t known = element_count(dims);
    if (known == 0 || data.size() % known != 0)
      throw FormatError("shape " + wanted + " does not divide the " + std::to_string(data.size()) +
                        " elements of the input");
    *inferred = static_cast<std::int64_t>(data.size() / known);
  }
  return {data.reshaped(std::move(dims))};
}

std::vector<Tensor> flatten(const Call& call) {
  const Tensor& data = call.input(0);
  const std::size_t rank = data.dims().size();
  const std::int64_t axis = int_attribute(call.node, "axis", 1);
  // Unlike other axes this one may equal the rank.
  const std::size_t split =
      axis == static_cast<std::int64_t>(rank) ? rank : normal_axis(axis, rank);
  return {data.reshaped({static_cast<std::int64_t>(extent(data.dims(), 0, split)),
                         static_cast<std::int64_t>(extent(data.dims(), split, rank))})};
}

std::vector<Tensor> squeeze(const Call& call) {
  const Tensor& data = call.input(0);
  const std::size_t rank = data.dims().size();
  const auto given = axes_parameter(call, 1);
  std::vector<bool> removed(rank, false);
  if (given) {
    for (const std::size_t axis : normal_axes(*given, rank)) {
      if (data.dims()[axis] != 1)
        throw FormatError("dimension " + std::to_string(axis) + " is " +
                          std::to_string(data.dims()[axis]) + ", expected 1 to squeeze it");
      removed[axis] = true;
    }
  } else {
    for (std::size_t i = 0; i < rank; ++i) removed[i] = data.dims()[i] == 1;
  }
  Dims dims;
  for (std::size_t i = 0; i < rank; ++i)
    if (!removed[i]) dims.push_back(data.dims()[i]);
  return {data.reshaped(std::move(dims))};
}

std::vector<Tensor> unsqueeze(const Call& call) {
  const Tensor& data = call.input(0);
  const auto given = axes_parameter(call, 1);
  if (!given) throw FormatError("has no axes");
  Dims dims = data.dims();
  // Ascending order: each axis is then inserted where it ends up.
  for (const std::size_t axis : normal_axes(*given, dims.size() + given->size()))
    dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  return {data.reshaped(std::move(dims))};
}

std::vector<Tensor> identity(const Call& call) { return {call.input(0)}; }

std::vector<Tensor> dropout(const Call& call) {
  if (call.has_input(2)) {
    const Tensor& training = call.input(2);
    if (training.type() != DataType::kBool || training.size() != 1 || training.data<bool>()[0])
      throw UnsupportedError("training mode is not implemented, expected a false BOOL scalar");
  }
  Tensor mask(DataType::kBool, call.input(0).dims());
  std::fill(mask.mutable_data<bool>().begin(), mask.mutable_data<bool>().end(), true);
  return {call.input(0), mask};
}

}  // namespace filigree::loader
