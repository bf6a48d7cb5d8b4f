#include "loader/pattern/gather_nd.h"

#include <cstring>

#include "loader/error.h"
#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

[[noreturn]] void reject(const Node& node, const std::string& what) {
  throw FormatError(describe(node) + ": " + what);
}

// Row-major number of the slice that `index` chooses among the first index.size() dimensions.
std::size_t slice_number(const Node& node, std::span<const std::int64_t> index, const Dims& dims) {
  std::int64_t number = 0;
  for (std::size_t d = 0; d < index.size(); ++d) {
    if (index[d] < -dims[d] || index[d] >= dims[d])
      reject(node, "index " + std::to_string(index[d]) + " is outside a dimension of " +
                       std::to_string(dims[d]));
    number = number * dims[d] + (index[d] < 0 ? index[d] + dims[d] : index[d]);
  }
  return static_cast<std::size_t>(number);
}

}  // namespace

Tensor gather_nd(const Node& node, std::span<const Tensor> inputs) {
  if (int_attribute(node, "batch_dims", 0) != 0)
    throw UnsupportedError(describe(node) + ": attribute 'batch_dims' is not 0");
  if (inputs.size() != 2 || inputs[1].type() != DataType::kInt64 || inputs[1].dims().empty())
    reject(node, "found inputs that are not data and INT64 indices of at least one dimension");
  const Dims& dims = inputs[0].dims();
  const Dims& places = inputs[1].dims();
  const auto depth = static_cast<std::size_t>(places.back());
  if (depth == 0 || depth > dims.size())
    reject(node, "indices of shape " + shape_text(places) + " do not fit data of shape " +
                     shape_text(dims));
  Dims result_dims(places.begin(), places.end() - 1);
  result_dims.insert(result_dims.end(), dims.begin() + places.back(), dims.end());
  const std::size_t slice =
      element_count(std::span(dims).subspan(depth)) * element_bytes(inputs[0].type());
  Tensor result(inputs[0].type(), result_dims);
  const std::span<const std::int64_t> indices = inputs[1].data<std::int64_t>();
  for (std::size_t i = 0; i * depth < indices.size(); ++i) {
    const std::size_t number = slice_number(node, indices.subspan(i * depth, depth), dims);
    std::memcpy(result.mutable_bytes().data() + i * slice,
                inputs[0].bytes().data() + number * slice, slice);
  }
  return result;
}

}  // namespace filigree::loader
