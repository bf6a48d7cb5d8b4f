// GatherND, ScatterND: index tuples that name slices of the data.
#include <algorithm>
#include <cstring>
#include <string>

#include "loader/operators/axes.h"
#include "loader/operators/operators.h"

namespace filigree::loader {
namespace {

// Row-major number of the slice that `index` names among dimensions dims[first, first +
// index.size()).
std::size_t slice_number(std::span<const std::int64_t> index, const Dims& dims, std::size_t first) {
  std::size_t number = 0;
  for (std::size_t d = 0; d < index.size(); ++d) {
    const std::int64_t size = dims[first + d];
    if (index[d] < -size || index[d] >= size)
      throw FormatError("index " + std::to_string(index[d]) + " is outside a dimension of " +
                        std::to_string(size));
    number = number * static_cast<std::size_t>(size) +
             static_cast<std::size_t>(index[d] < 0 ? index[d] + size : index[d]);
  }
  return number;
}

std::vector<std::int64_t> flat_values(const Tensor& indices) {
  return integer_values(indices.reshaped({static_cast<std::int64_t>(indices.size())}));
}

// The length of an index tuple. Throws unless the tuple and `batch` leading dimensions fit the
// data.
std::size_t tuple_length(const Tensor& data, const Tensor& indices, std::size_t batch) {
  const std::size_t rank = data.dims().size();
  if (indices.dims().empty() || batch >= indices.dims().size() || batch > rank ||
      indices.dims().back() < 1 || static_cast<std::size_t>(indices.dims().back()) > rank - batch)
    throw FormatError("indices of shape " + shape_text(indices.dims()) +
                      " do not fit data of shape " + shape_text(data.dims()));
  return static_cast<std::size_t>(indices.dims().back());
}

// Dimensions of the indices without the tuple, then those of a slice.
Dims gathered_dims(const Tensor& data, const Tensor& indices, std::size_t first) {
  Dims dims(indices.dims().begin(), indices.dims().end() - 1);
  dims.insert(dims.end(), data.dims().begin() + static_cast<std::ptrdiff_t>(first),
              data.dims().end());
  return dims;
}

}  // namespace

std::vector<Tensor> gather_nd(const Call& call) {
  const Tensor& data = call.input(0);
  const Tensor& indices = call.input(1);
  const std::int64_t batch_dims = int_attribute(call.node, "batch_dims", 0);
  if (batch_dims < 0)
    throw FormatError("batch_dims is " + std::to_string(batch_dims) + ", expected at least 0");
  const auto batch = static_cast<std::size_t>(batch_dims);
  const std::size_t depth = tuple_length(data, indices, batch);
  if (!std::equal(data.dims().begin(), data.dims().begin() + batch_dims, indices.dims().begin()))
    throw FormatError("data and indices differ in their batch dimensions");

  Tensor result(data.type(), gathered_dims(data, indices, batch + depth));
  const std::size_t slice =
      extent(data.dims(), batch + depth, data.dims().size()) * element_bytes(data.type());
  const std::size_t slices_of_batch = extent(data.dims(), batch, batch + depth);
  const std::size_t tuples_of_batch = extent(indices.dims(), batch, indices.dims().size() - 1);
  const auto flat = flat_values(indices);
  for (std::size_t i = 0; i < flat.size() / depth; ++i) {
    const std::size_t number =
        i / tuples_of_batch * slices_of_batch +
        slice_number(std::span(flat).subspan(i * depth, depth), data.dims(), batch);
    if (slice != 0)
      std::memcpy(result.mutable_bytes().data() + i * slice, data.bytes().data() + number * slice,
                  slice);
  }
  return {result};
}

std::vector<Tensor> scatter_nd(const Call& call) {
  const Tensor& data = call.input(0);
  const Tensor& indices = call.input(1);
  const Tensor& updates = call.input(2);
  if (string_attribute(call.node, "reduction", "none") != "none")
    throw UnsupportedError("attribute 'reduction' is not implemented, expected 'none'");
  const std::size_t depth = tuple_length(data, indices, 0);
  const Dims expected = gathered_dims(data, indices, depth);
  if (updates.dims() != expected || updates.type() != data.type())
    throw FormatError("updates have shape " + shape_text(updates.dims()) + ", expected " +
                      shape_text(expected) + " of the data's type");

  Tensor result(data.type(), data.dims(), data.bytes());
  const std::size_t slice =
      extent(data.dims(), depth, data.dims().size()) * element_bytes(data.type());
  const auto flat = flat_values(indices);
  for (std::size_t i = 0; i < flat.size() / depth; ++i) {
    const std::size_t number =
        slice_number(std::span(flat).subspan(i * depth, depth), data.dims(), 0);
    if (slice != 0)
      std::memcpy(result.mutable_bytes().data() + number * slice,
                  updates.bytes().data() + i * slice, slice);
  }
  return {result};
}

}  // namespace filigree::loader
