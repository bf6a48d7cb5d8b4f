// Every operator implementation, by the file that holds it. loader/operators/table.cc gives them
// their ONNX names.
#pragma once

#include <vector>

#include "loader/operators/operator.h"

namespace filigree::loader {

// constant.cc
std::vector<Tensor> constant(const Call& call);
std::vector<Tensor> constant_of_shape(const Call& call);
std::vector<Tensor> range(const Call& call);

// shape.cc
std::vector<Tensor> shape(const Call& call);
std::vector<Tensor> size(const Call& call);
std::vector<Tensor> reshape(const Call& call);
std::vector<Tensor> flatten(const Call& call);
std::vector<Tensor> squeeze(const Call& call);
std::vector<Tensor> unsqueeze(const Call& call);
std::vector<Tensor> identity(const Call& call);
std::vector<Tensor> dropout(const Call& call);

// gather.cc
std::vector<Tensor> gather(const Call& call);
std::vector<Tensor> gather_elements(const Call& call);

// gather_nd.cc
std::vector<Tensor> gather_nd(const Call& call);
std::vector<Tensor> scatter_nd(const Call& call);

// slice.cc
std::vector<Tensor> slice(const Call& call);
std::vector<Tensor> split(const Call& call);
std::vector<Tensor> transpose(const Call& call);
std::vector<Tensor> expand(const Call& call);
std::vector<Tensor> tile(const Call& call);

// concat.cc
std::vector<Tensor> concat(const Call& call);

// cast.cc
std::vector<Tensor> cast(const Call& call);
std::vector<Tensor> cast_like(const Call& call);

// arithmetic.cc
std::vector<Tensor> add(const Call& call);
std::vector<Tensor> sub(const Call& call);
std::vector<Tensor> mul(const Call& call);
std::vector<Tensor> div(const Call& call);
std::vector<Tensor> mod(const Call& call);
std::vector<Tensor> pow(const Call& call);
std::vector<Tensor> min(const Call& call);
std::vector<Tensor> max(const Call& call);

// unary.cc
std::vector<Tensor> neg(const Call& call);
std::vector<Tensor> abs(const Call& call);
std::vector<Tensor> sign(const Call& call);
std::vector<Tensor> relu(const Call& call);
std::vector<Tensor> sqrt(const Call& call);
std::vector<Tensor> reciprocal(const Call& call);
std::vector<Tensor> exp(const Call& call);
std::vector<Tensor> log(const Call& call);
std::vector<Tensor> sin(const Call& call);
std::vector<Tensor> cos(const Call& call);
std::vector<Tensor> erf(const Call& call);
std::vector<Tensor> tanh(const Call& call);
std::vector<Tensor> sigmoid(const Call& call);
std::vector<Tensor> floor(const Call& call);
std::vector<Tensor> ceil(const Call& call);
std::vector<Tensor> round(const Call& call);
std::vector<Tensor> gelu(const Call& call);
std::vector<Tensor> is_nan(const Call& call);
std::vector<Tensor> clip(const Call& call);

// logic.cc
std::vector<Tensor> equal(const Call& call);
std::vector<Tensor> less(const Call& call);
std::vector<Tensor> less_or_equal(const Call& call);
std::vector<Tensor> greater(const Call& call);
std::vector<Tensor> greater_or_equal(const Call& call);
std::vector<Tensor> logical_and(const Call& call);
std::vector<Tensor> logical_or(const Call& call);
std::vector<Tensor> logical_xor(const Call& call);
std::vector<Tensor> logical_not(const Call& call);
std::vector<Tensor> where(const Call& call);

// softmax.cc
std::vector<Tensor> softmax(const Call& call);
std::vector<Tensor> log_softmax(const Call& call);

// reduce.cc
std::vector<Tensor> reduce_sum(const Call& call);
std::vector<Tensor> reduce_mean(const Call& call);
std::vector<Tensor> reduce_max(const Call& call);
std::vector<Tensor> reduce_min(const Call& call);
std::vector<Tensor> reduce_prod(const Call& call);
std::vector<Tensor> reduce_sum_square(const Call& call);
std::vector<Tensor> reduce_l2(const Call& call);

// scan.cc
std::vector<Tensor> cum_sum(const Call& call);
std::vector<Tensor> arg_max(const Call& call);
std::vector<Tensor> arg_min(const Call& call);
std::vector<Tensor> trilu(const Call& call);

// layer_norm.cc
std::vector<Tensor> layer_normalization(const Call& call);

// matmul.cc
std::vector<Tensor> matmul(const Call& call);
std::vector<Tensor> gemm(const Call& call);

// matmul_integer.cc
std::vector<Tensor> matmul_integer(const Call& call);
std::vector<Tensor> qlinear_matmul(const Call& call);

// quantize.cc
std::vector<Tensor> quantize_linear(const Call& call);
std::vector<Tensor> dequantize_linear(const Call& call);
std::vector<Tensor> dynamic_quantize_linear(const Call& call);

}  // namespace filigree::loader
