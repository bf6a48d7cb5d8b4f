#include "loader/passes/element_bound.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <unordered_set>

namespace filigree::loader {
namespace {

constexpr std::size_t kHuge = std::numeric_limits<std::size_t>::max();

std::size_t saturating_product(std::size_t a, std::size_t b) {
  std::size_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? kHuge : product;
}

std::size_t saturating_sum(std::size_t a, std::size_t b) {
  std::size_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? kHuge : sum;
}

std::size_t dimension(std::int64_t value) {
  return value < 0 ? kHuge : static_cast<std::size_t>(value);
}

std::size_t product_of(std::span<const std::int64_t> dims) {
  std::size_t product = 1;
  for (const std::int64_t dim : dims) product = saturating_product(product, dimension(dim));
  return product;
}

// Elements after broadcasting all dims together; for dims that do not broadcast, still an upper
// bound.
std::size_t broadcast_elements(std::span<const Dims> all) {
  std::size_t rank = 0;
  for (const Dims& dims : all) rank = std::max(rank, dims.size());
  std::size_t product = 1;
  for (std::size_t back = 1; back <= rank; ++back) {
    std::int64_t largest = 0;
    for (const Dims& dims : all)
      largest = std::max(largest, back <= dims.size() ? dims[dims.size() - back] : 1);
    product = saturating_product(product, dimension(largest));
  }
  return product;
}

std::size_t broadcast_elements(std::span<const Tensor> inputs) {
  std::vector<Dims> all;
  for (const Tensor& input : inputs) all.push_back(input.dims());
  return broadcast_elements(all);
}

const Dims* shape_values(std::span<const Tensor> inputs, std::size_t i, Dims& storage) {
  if (i >= inputs.size() || inputs[i].empty() || inputs[i].type() != DataType::kInt64)
    return nullptr;
  const std::span<const std::int64_t> values = inputs[i].data<std::int64_t>();
  storage.assign(values.begin(), values.end());
  return &storage;
}

std::size_t expand_bound(std::span<const Tensor> inputs) {
  Dims wanted;
  if (shape_values(inputs, 1, wanted) == nullptr) return kHuge;
  return broadcast_elements(std::vector<Dims>{inputs[0].dims(), wanted});
}

std::size_t range_bound(std::span<const Tensor> inputs) {
  if (inputs.size() != 3 || inputs[0].size() != 1 || inputs[1].size() != 1 ||
      inputs[2].size() != 1 || inputs[0].type() != DataType::kInt64 ||
      inputs[1].type() != DataType::kInt64 || inputs[2].type() != DataType::kInt64)
    return kHuge;
  const double start = static_cast<double>(inputs[0].data<std::int64_t>()[0]);
  const double limit = static_cast<double>(inputs[1].data<std::int64_t>()[0]);
  const double delta = static_cast<double>(inputs[2].data<std::int64_t>()[0]);
  const double count = delta == 0 ? 1e30 : (limit - start) / delta + 1;
  return count >= 1e18 ? kHuge : static_cast<std::size_t>(std::max(count, 1.0));
}

std::size_t gather_bound(const Node& node, std::span<const Tensor> inputs) {
  if (inputs.size() < 2) return kHuge;
  const Dims& dims = inputs[0].dims();
  std::int64_t axis = int_attribute(node, "axis", 0);
  if (axis < 0) axis += static_cast<std::int64_t>(dims.size());
  if (axis < 0 || axis >= static_cast<std::int64_t>(dims.size())) return kHuge;
  Dims others = dims;
  others.erase(others.begin() + axis);
  return saturating_product(product_of(others), inputs[1].size());
}

std::size_t gather_nd_bound(std::span<const Tensor> inputs) {
  if (inputs.size() < 2 || inputs[1].dims().empty()) return kHuge;
  const Dims& dims = inputs[0].dims();
  const std::size_t indexed = dimension(inputs[1].dims().back());
  if (indexed == 0 || indexed > dims.size()) return kHuge;
  return saturating_product(inputs[1].size() / indexed,
                            product_of(std::span(dims).subspan(indexed)));
}

// Multiplications: the broadcast batch, times rows, inner and columns.
std::size_t matmul_bound(std::span<const Tensor> inputs) {
  if (inputs.size() < 2 || inputs[1].dims().empty()) return kHuge;
  Dims batch = inputs[1].dims();
  const std::size_t cols = dimension(batch.back());
  batch.back() = 1;
  if (batch.size() >= 2) batch[batch.size() - 2] = 1;
  return saturating_product(broadcast_elements(std::vector<Dims>{inputs[0].dims(), batch}), cols);
}

// Multiplications, whichever operand is transposed: both dimensions of A times the larger one of B.
std::size_t gemm_bound(std::span<const Tensor> inputs) {
  if (inputs.size() < 2 || inputs[1].dims().size() != 2) return kHuge;
  const Dims& b = inputs[1].dims();
  return saturating_product(product_of(inputs[0].dims()), dimension(std::max(b[0], b[1])));
}

using OperatorNames = std::unordered_set<std::string_view>;

// Outputs together are no larger than the largest input (or than one element, for reductions of
// nothing).
const OperatorNames& shrinking() {
  static const OperatorNames names = {"Abs",
                                      "Cast",
                                      "CastLike",
                                      "Ceil",
                                      "Clip",
                                      "Constant",
                                      "CumSum",
                                      "DequantizeLinear",
                                      "Erf",
                                      "Exp",
                                      "Flatten",
                                      "Floor",
                                      "Gelu",
                                      "Identity",
                                      "IsInf",
                                      "IsNaN",
                                      "LayerNormalization",
                                      "Log",
                                      "LogSoftmax",
                                      "Neg",
                                      "Not",
                                      "QuantizeLinear",
                                      "Reciprocal",
                                      "ReduceMax",
                                      "ReduceMean",
                                      "ReduceMin",
                                      "ReduceProd",
                                      "ReduceSum",
                                      "Relu",
                                      "Reshape",
                                      "Round",
                                      "ScatterND",
                                      "Shape",
                                      "Sigmoid",
                                      "Sign",
                                      "Size",
                                      "Slice",
                                      "Softmax",
                                      "Split",
                                      "Sqrt",
                                      "Squeeze",
                                      "Tanh",
                                      "Transpose",
                                      "Trilu",
                                      "Unsqueeze"};
  return names;
}

const OperatorNames& broadcasting() {
  static const OperatorNames names = {
      "Add",  "And",         "BitwiseAnd", "BitwiseOr", "Div", "Equal", "Greater", "GreaterOrEqual",
      "Less", "LessOrEqual", "Max",        "Min",       "Mod", "Mul",   "Or",      "Pow",
      "Sub",  "Where",       "Xor"};
  return names;
}

}  // namespace

std::optional<std::size_t> element_bound(const Node& node, std::span<const Tensor> inputs) {
  if (!node.domain.empty()) return std::nullopt;
  const std::string_view op = node.op_type;
  if (shrinking().contains(op)) {
    std::size_t largest =
        8;  // Shape of a scalar and the like: more than any rank in use is not needed
    for (const Tensor& input : inputs)
      largest = std::max({largest, input.size(), input.dims().size()});
    return largest;
  }
  if (broadcasting().contains(op)) return broadcast_elements(inputs);
  if (op == "Concat") {
    std::size_t sum = 0;
    for (const Tensor& input : inputs) sum = saturating_sum(sum, input.size());
    return sum;
  }
  if (op == "Gather") return gather_bound(node, inputs);
  if (op == "GatherElements") return inputs.size() < 2 ? kHuge : inputs[1].size();
  if (op == "GatherND") return gather_nd_bound(inputs);
  if (op == "Expand") return expand_bound(inputs);
  if (op == "Range") return range_bound(inputs);
  if (op == "MatMul") return matmul_bound(inputs);
  if (op == "Gemm") return gemm_bound(inputs);
  if (op == "ConstantOfShape") {
    Dims wanted;
    return shape_values(inputs, 0, wanted) == nullptr ? kHuge : product_of(wanted);
  }
  return std::nullopt;
}

}  // namespace filigree::loader
