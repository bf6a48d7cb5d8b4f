#include "loader/operators/strided_copy.h"

#include <cassert>
#include <cstring>
#include <vector>

namespace filigree::loader {
namespace {

// Element is an unsigned integer of the element's width: elements are moved, not read.
template <class Element>
void copy_row(const std::byte* source, std::int64_t stride, std::size_t count, std::byte* out) {
  const auto* const from = reinterpret_cast<const Element*>(source);
  auto* const to = reinterpret_cast<Element*>(out);
  for (std::size_t i = 0; i < count; ++i) to[i] = from[static_cast<std::int64_t>(i) * stride];
}

using CopyRow = void (*)(const std::byte*, std::int64_t, std::size_t, std::byte*);

CopyRow copy_row_of(std::size_t bytes) {
  switch (bytes) {
    case 1:
      return copy_row<std::uint8_t>;
    case 2:
      return copy_row<std::uint16_t>;
    case 4:
      return copy_row<std::uint32_t>;
    default:
      return copy_row<std::uint64_t>;
  }
}

}  // namespace

Tensor strided_copy(const Tensor& source, const Dims& dims, std::span<const std::int64_t> strides,
                    std::int64_t offset) {
  assert(dims.size() == strides.size());
  Tensor result(source.type(), dims);
  if (result.size() == 0) return result;
  const auto width = static_cast<std::int64_t>(element_bytes(source.type()));
  const CopyRow copy = copy_row_of(element_bytes(source.type()));
  const bool scalar = dims.empty();
  const std::size_t row = scalar ? 1 : static_cast<std::size_t>(dims.back());
  const std::int64_t row_stride = scalar ? 1 : strides.back();
  const std::size_t outer_rank = scalar ? 0 : dims.size() - 1;

  std::vector<std::int64_t> index(outer_rank, 0);
  const std::byte* const from = source.bytes().data();
  std::byte* to = result.mutable_bytes().data();
  for (std::size_t rows_left = result.size() / row; rows_left > 0; --rows_left) {
    if (row_stride == 1)
      std::memcpy(to, from + offset * width, row * static_cast<std::size_t>(width));
    else
      copy(from + offset * width, row_stride, row, to);
    to += row * static_cast<std::size_t>(width);
    for (std::size_t d = outer_rank; d-- > 0;) {
      offset += strides[d];
      if (++index[d] < dims[d]) break;
      offset -= strides[d] * dims[d];
      index[d] = 0;
    }
  }
  return result;
}

}  // namespace filigree::loader
