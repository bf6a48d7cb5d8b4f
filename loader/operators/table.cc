#include <algorithm>
#include <iterator>
#include <string>

#include "loader/operators/operators.h"

namespace filigree::loader {
namespace {

constexpr auto kNative = Half::kNative;
constexpr auto kAsFloat = Half::kAsFloat;

// Sorted by name.
constexpr Operator kOperators[] = {
    {"Abs", abs, kAsFloat, ""},
    {"Add", add, kAsFloat, ""},
    {"And", logical_and, kNative, ""},
    {"ArgMax", arg_max, kAsFloat, "axis keepdims select_last_index"},
    {"ArgMin", arg_min, kAsFloat, "axis keepdims select_last_index"},
    {"Cast", cast, kNative, "to saturate"},
    {"CastLike", cast_like, kNative, "saturate"},
    {"Ceil", ceil, kAsFloat, ""},
    {"Clip", clip, kAsFloat, ""},
    {"Concat", concat, kNative, "axis"},
    {"Constant", constant, kNative,
     "value value_float value_floats value_int value_ints "
     "value_string value_strings sparse_value"},
    {"ConstantOfShape", constant_of_shape, kNative, "value"},
    {"Cos", cos, kAsFloat, ""},
    {"CumSum", cum_sum, kAsFloat, "exclusive reverse"},
    {"DequantizeLinear", dequantize_linear, kAsFloat, "axis"},
    {"Div", div, kAsFloat, ""},
    {"Dropout", dropout, kNative, "ratio seed"},
    {"DynamicQuantizeLinear", dynamic_quantize_linear, kNative, ""},
    {"Equal", equal, kAsFloat, ""},
    {"Erf", erf, kAsFloat, ""},
    {"Exp", exp, kAsFloat, ""},
    {"Expand", expand, kNative, ""},
    {"Flatten", flatten, kNative, "axis"},
    {"Floor", floor, kAsFloat, ""},
    {"Gather", gather, kNative, "axis"},
    {"GatherElements", gather_elements, kNative, "axis"},
    {"GatherND", gather_nd, kNative, "batch_dims"},
    {"Gelu", gelu, kAsFloat, "approximate"},
    {"Gemm", gemm, kAsFloat, "alpha beta transA transB"},
    {"Greater", greater, kAsFloat, ""},
    {"GreaterOrEqual", greater_or_equal, kAsFloat, ""},
    {"Identity", identity, kNative, ""},
    {"IsNaN", is_nan, kAsFloat, ""},
    {"LayerNormalization", layer_normalization, kAsFloat, "axis epsilon stash_type"},
    {"Less", less, kAsFloat, ""},
    {"LessOrEqual", less_or_equal, kAsFloat, ""},
    {"Log", log, kAsFloat, ""},
    {"LogSoftmax", log_softmax, kAsFloat, "axis"},
    {"MatMul", matmul, kAsFloat, ""},
    {"MatMulInteger", matmul_integer, kNative, ""},
    {"Max", max, kAsFloat, ""},
    {"Min", min, kAsFloat, ""},
    {"Mod", mod, kAsFloat, "fmod"},
    {"Mul", mul, kAsFloat, ""},
    {"Neg", neg, kAsFloat, ""},
    {"Not", logical_not, kNative, ""},
    {"Or", logical_or, kNative, ""},
    {"Pow", pow, kAsFloat, ""},
    {"QLinearMatMul", qlinear_matmul, kNative, ""},
    {"QuantizeLinear", quantize_linear, kAsFloat, "axis saturate"},
    {"Range", range, kNative, ""},
    {"Reciprocal", reciprocal, kAsFloat, ""},
    {"ReduceL2", reduce_l2, kAsFloat, "axes keepdims noop_with_empty_axes"},
    {"ReduceMax", reduce_max, kAsFloat, "axes keepdims noop_with_empty_axes"},
    {"ReduceMean", reduce_mean, kAsFloat, "axes keepdims noop_with_empty_axes"},
    {"ReduceMin", reduce_min, kAsFloat, "axes keepdims noop_with_empty_axes"},
    {"ReduceProd", reduce_prod, kAsFloat, "axes keepdims noop_with_empty_axes"},
    {"ReduceSum", reduce_sum, kAsFloat, "axes keepdims noop_with_empty_axes"},
    {"ReduceSumSquare", reduce_sum_square, kAsFloat, "axes keepdims noop_with_empty_axes"},
    {"Relu", relu, kAsFloat, ""},
    {"Reshape", reshape, kNative, "allowzero"},
    {"Round", round, kAsFloat, ""},
    {"ScatterND", scatter_nd, kNative, "reduction"},
    {"Shape", shape, kNative, "start end"},
    {"Sigmoid", sigmoid, kAsFloat, ""},
    {"Sign", sign, kAsFloat, ""},
    {"Sin", sin, kAsFloat, ""},
    {"Size", size, kNative, ""},
    {"Slice", slice, kNative, ""},
    {"Softmax", softmax, kAsFloat, "axis"},
    {"Split", split, kNative, "axis split num_outputs"},
    {"Sqrt", sqrt, kAsFloat, ""},
    {"Squeeze", squeeze, kNative, "axes"},
    {"Sub", sub, kAsFloat, ""},
    {"Tanh", tanh, kAsFloat, ""},
    {"Tile", tile, kNative, ""},
    {"Transpose", transpose, kNative, "perm"},
    {"Trilu", trilu, kNative, "upper"},
    {"Unsqueeze", unsqueeze, kNative, "axes"},
    {"Where", where, kNative, ""},
    {"Xor", logical_xor, kNative, ""},
};

constexpr bool by_name(const Operator& a, const Operator& b) { return a.name < b.name; }
static_assert(std::is_sorted(std::begin(kOperators), std::end(kOperators), by_name));

}  // namespace

const Tensor& Call::input(std::size_t index) const {
  if (!has_input(index)) throw FormatError("input " + std::to_string(index) + " is missing");
  return inputs[index];
}

const Operator* find_operator(std::string_view domain, std::string_view name) noexcept {
  if (!domain.empty()) return nullptr;
  const auto* const found =
      std::lower_bound(std::begin(kOperators), std::end(kOperators), name,
                       [](const Operator& a, std::string_view b) { return a.name < b; });
  return found != std::end(kOperators) && found->name == name ? found : nullptr;
}

}  // namespace filigree::loader
