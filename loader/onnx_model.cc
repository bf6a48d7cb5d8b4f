// ModelProto and GraphProto.
#include <algorithm>
#include <optional>
#include <utility>

#include "loader/error.h"
#include "loader/onnx_messages.h"

namespace filigree::loader {
namespace {

void add_initializer(WireReader reader, Graph& graph, ExternalData& external) {
  const std::uint64_t offset = reader.offset();
  NamedTensor named = read_tensor(reader, "initializer", external);
  if (named.name.empty()) throw FormatError(reader.position(offset) + "initializer has no name");
  if (graph.initializers.contains(named.name))
    throw FormatError(reader.position(offset) + "initializer " + quoted_name(named.name) +
                      " is defined twice");
  graph.initializers.emplace(std::move(named.name), std::move(named.tensor));
}

void read_graph(WireReader reader, Graph& graph, ExternalData& external) {
  while (const auto field = reader.next_field()) {
    switch (field->number) {
      case 1:
        graph.nodes.push_back(read_node(reader.message(*field, "NodeProto"), external));
        break;
      case 5:
        add_initializer(reader.message(*field, "TensorProto"), graph, external);
        break;
      case 11:
        graph.inputs.push_back(read_value_info(reader.message(*field, "ValueInfoProto")));
        break;
      case 12:
        graph.outputs.push_back(read_value_info(reader.message(*field, "ValueInfoProto")));
        break;
      case 15:
        throw UnsupportedError(reader.position(field->offset) +
                               "sparse initializers are not implemented, expected dense ones");
      default:
        reader.skip(*field);
    }
  }
  // Before IR version 4 every initializer was a graph input too, with the initializer as its
  // default.
  std::erase_if(graph.inputs,
                [&](const ValueInfo& info) { return graph.initializers.contains(info.name); });
}

void read_opset(WireReader reader, std::optional<std::int64_t>& default_opset) {
  const std::uint64_t offset = reader.offset();
  std::string domain;
  std::int64_t version = 0;
  while (const auto field = reader.next_field()) {
    if (field->number == 1)
      domain = reader.text(*field);
    else if (field->number == 2)
      version = reader.int64(*field);
    else
      reader.skip(*field);
  }
  if (!domain.empty() && domain != "ai.onnx") return;
  if (version < 1)
    throw FormatError(reader.position(offset) + "opset version is " + std::to_string(version) +
                      ", expected at least 1");
  if (default_opset && *default_opset != version)
    throw FormatError(reader.position(offset) + "opset import is " + std::to_string(version) +
                      ", expected " + std::to_string(*default_opset) + " as imported before");
  default_opset = version;
}

std::string read_function_name(WireReader reader) {
  std::string name;
  std::string domain;
  while (const auto field = reader.next_field()) {
    if (field->number == 1)
      name = reader.text(*field);
    else if (field->number == 10)
      domain = reader.text(*field);
    else
      reader.skip(*field);
  }
  return (domain == "ai.onnx" ? "" : domain) + "::" + name;
}

}  // namespace

Graph read_model(WireReader reader, ExternalData& external) {
  Graph graph;
  graph.file = reader.file();
  bool has_graph = false;
  std::optional<std::int64_t> opset;
  while (const auto field = reader.next_field()) {
    switch (field->number) {
      case 7:
        if (has_graph) reader.fail(*field, "model has a second graph, expected one");
        has_graph = true;
        read_graph(reader.message(*field, "GraphProto"), graph, external);
        break;
      case 8:
        read_opset(reader.message(*field, "OperatorSetIdProto"), opset);
        break;
      case 25:
        graph.functions.push_back(read_function_name(reader.message(*field, "FunctionProto")));
        break;
      default:
        reader.skip(*field);
    }
  }
  if (!has_graph) throw FormatError(graph.file + ": has no graph, expected an ONNX model");
  if (!opset)
    throw FormatError(graph.file + ": has no opset import of the default domain, expected one");
  graph.opset = *opset;
  return graph;
}

}  // namespace filigree::loader
