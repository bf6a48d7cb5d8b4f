// Concat.
#include <cstring>
#include <string>

#include "loader/operators/axes.h"
#include "loader/operators/operators.h"

namespace filigree::loader {

std::vector<Tensor> concat(const Call& call) {
  const Tensor& first = call.input(0);
  if (find_attribute(call.node, "axis") == nullptr) throw FormatError("has no axis");
  const std::size_t axis = normal_axis(int_attribute(call.node, "axis", 0), first.dims().size());
  Dims dims = first.dims();
  dims[axis] = 0;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const Tensor& part = call.input(i);
    Dims others = part.dims();
    if (others.size() == dims.size()) others[axis] = dims[axis];
    if (others != dims || part.type() != first.type())
      throw FormatError("input " + std::to_string(i) +
                        " differs from the first in type or outside axis " + std::to_string(axis));
    dims[axis] += part.dims()[axis];
  }
  Tensor result(first.type(), dims);
  const std::size_t width = element_bytes(first.type());
  const std::size_t row = extent(dims, axis, dims.size()) * width;
  std::size_t column = 0;
  for (const Tensor& part : call.inputs) {
    const std::size_t piece = extent(part.dims(), axis, dims.size()) * width;
    if (part.size() == 0) continue;
    for (std::size_t outer = 0; outer < extent(dims, 0, axis); ++outer)
      std::memcpy(result.mutable_bytes().data() + outer * row + column,
                  part.bytes().data() + outer * piece, piece);
    column += piece;
  }
  return {result};
}

}  // namespace filigree::loader
