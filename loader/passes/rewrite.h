// What the canonicalising passes share.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "loader/graph.h"
#include "loader/passes/graph_index.h"

namespace filigree::loader {

// Domain of the operators that only exist between the passes and the recognition of the encoder:
//   Linear           x, W [in, out], bias [out] or ""; an attribute "weight" names W in the file
//                    where it differs
//   QuantizedLinear  x, x_scale, x_zero_point or "", W [in, out], W_zero_point or "", int32 bias or
//                    "", rescale, float bias or "": quantises x, multiplies integers, gives float.
//                    Where the product is rounded to steps before the bias is added, also their
//                    scale and zero point or ""
//   QuantizedMatMul  a, a_scale, a_zero_point or "", b, b_scale, b_zero_point or "", rescale. Where
//                    the product is rounded to bytes before it is rescaled, also its scales of a
//                    and b, y_scale, y_zero_point
// Every input but x, a and b is an initializer. An attribute "operator" keeps the operator that the
// node with this name has in the file, for messages.
inline constexpr std::string_view kFiligreeDomain = "filigree";

bool is_linear(const Node* node) noexcept;  // Linear or QuantizedLinear; false for nullptr
const std::string& weight_name(const Node& linear) noexcept;

// Reshape and the like: the same elements in another order or shape.
bool moves_elements(const Node& node) noexcept;

// Gives the node that may stand for `last` (same outputs, inputs that are available at its place),
// or nothing. `added` takes new initializers.
using Match = std::function<std::optional<Node>(const GraphIndex& index, const Node& last,
                                                std::map<std::string, Tensor>& added)>;

// Replaces every node that matches (matches are sought in the graph as it was), then prunes.
void rewrite(Graph& graph, const Match& match);

}  // namespace filigree::loader
