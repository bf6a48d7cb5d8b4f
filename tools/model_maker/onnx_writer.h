// A Graph as an ONNX file. The same graph gives the same bytes; read_onnx() reads the same graph
// back.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "loader/graph.h"
#include "tools/model_maker/wire_writer.h"

namespace filigree::tools {

// `axis_names` are what the free dimensions of inputs and outputs are called, by axis; a free
// dimension beyond them has no name. The result refers to the tensors of `graph`, which must
// outlive it. Throws std::invalid_argument for what cannot be written: attributes that the reader
// does not keep, operators of other domains, model-local functions, more than 2 GiB (the limit of
// protobuf).
WireWriter onnx_bytes(const loader::Graph& graph, std::span<const std::string> axis_names);

// Throws std::invalid_argument when `bytes` are more than one ONNX file can hold.
void check_file_size(std::size_t bytes);

// The same for one message of a file: TensorProto (without a name when `name` is empty), NodeProto,
// ValueInfoProto.
WireWriter tensor_bytes(const loader::Tensor& tensor, std::string_view name);
WireWriter node_bytes(const loader::Node& node);
WireWriter value_bytes(const loader::ValueInfo& value, std::span<const std::string> axis_names);

}  // namespace filigree::tools
