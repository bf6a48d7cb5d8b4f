// The linear layers of a recognised encoder, and where the file keeps their weights.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "loader/graph.h"
#include "loader/model.h"
#include "loader/passes/graph_index.h"

namespace filigree::tools {

enum class LinearRole { kQuery, kKey, kValue, kAttentionOutput, kFfnIn, kFfnOut };
inline constexpr std::array kLinearRoles = {LinearRole::kQuery, LinearRole::kKey,
                                            LinearRole::kValue, LinearRole::kAttentionOutput,
                                            LinearRole::kFfnIn, LinearRole::kFfnOut};

// How a file stores a weight: for MatMul [inputs][outputs], for Gemm usually the other way.
enum class WeightLayout { kInputsOutputs, kOutputsInputs };

struct StoredWeight {
  std::string initializer;  // or the output of a Constant node
  WeightLayout layout = WeightLayout::kInputsOutputs;
};

struct EncoderLinear {
  std::string name;  // "layer 0 query", as `inspect` calls it
  std::size_t layer = 0;
  LinearRole role = LinearRole::kQuery;
  std::size_t outputs = 0, inputs = 0;
  std::string value;  // what the linear layer reads: the initializer, or what a Cast makes of it
  StoredWeight stored;
};

const loader::Linear& linear_of(const loader::EncoderLayer& layer, LinearRole role) noexcept;
loader::Linear& linear_of(loader::EncoderLayer& layer, LinearRole role) noexcept;

// In the order of computation. `model` was made from `graph`. Throws InputError when no encoder was
// recognised (with the loader's reason), when a layer is quantised already, and when a weight is
// computed in a way that cannot be written back.
std::vector<EncoderLinear> encoder_linears(const loader::Graph& graph, const loader::Model& model);

// The node that multiplies by `weight`, a MatMul or Gemm; nullptr when there is none or several.
const loader::Node* multiplying_node(const loader::GraphIndex& index, const std::string& weight);

// The tensor of an initializer or Constant node; nullptr when there is no such.
const loader::Tensor* stored_tensor(const loader::GraphIndex& index, const std::string& name);

// Elements of a FLOAT or FLOAT16 matrix as [outputs][inputs]. Throws InputError, which names
// `name`, for another type or rank.
std::vector<float> weight_values(const loader::Tensor& tensor, WeightLayout layout,
                                 const std::string& name);
// The inverse: a tensor of the type and shape of `like`; FLOAT16 rounds half to even.
loader::Tensor weight_tensor(const loader::Tensor& like, WeightLayout layout,
                             std::span<const float> values);

// Puts `tensor` where `name` was: an initializer, or a Constant node, which then goes.
void store_tensor(loader::Graph& graph, const std::string& name, loader::Tensor tensor);

}  // namespace filigree::tools
