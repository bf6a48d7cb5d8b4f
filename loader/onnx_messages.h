// Readers of the single ONNX protobuf messages, one file each: onnx_tensor.cc, onnx_attribute.cc,
// onnx_node.cc, onnx_value_info.cc, onnx_model.cc. Internal to the loader; loader/onnx_file.h is
// the way in. Each throws FormatError with file and offset.
#pragma once

#include <string>
#include <string_view>

#include "loader/external_data.h"
#include "loader/graph.h"
#include "loader/wire_reader.h"

namespace filigree::loader {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

// `role` is for messages: "initializer" or "attribute".
NamedTensor read_tensor(WireReader reader, std::string_view role, ExternalData& external);
Attribute read_attribute(WireReader reader, ExternalData& external);
Node read_node(WireReader reader, ExternalData& external);
ValueInfo read_value_info(WireReader reader);
Graph read_model(WireReader reader, ExternalData& external);

// Throws FormatError unless every node's inputs are defined before it (topological order), no value
// is defined twice, and the graph's outputs exist.
void check_graph(const Graph& graph);

}  // namespace filigree::loader
