// NodeProto.
#include <utility>

#include "loader/error.h"
#include "loader/onnx_messages.h"

namespace filigree::loader {

Node read_node(WireReader reader, ExternalData& external) {
  const std::uint64_t offset = reader.offset();
  Node node;
  while (const auto field = reader.next_field()) {
    switch (field->number) {
      case 1:
        node.inputs.push_back(reader.text(*field));
        break;
      case 2:
        node.outputs.push_back(reader.text(*field));
        break;
      case 3:
        node.name = reader.text(*field);
        break;
      case 4:
        node.op_type = reader.text(*field);
        break;
      case 5:
        node.attributes.push_back(
            read_attribute(reader.message(*field, "AttributeProto"), external));
        break;
      case 7:
        node.domain = reader.text(*field);
        break;
      default:
        reader.skip(*field);
    }
  }
  if (node.op_type.empty())
    throw FormatError(reader.position(offset) + node_text(node) + " has no op_type");
  for (const Attribute& attribute : node.attributes)
    if (find_attribute(node, attribute.name) != &attribute)
      throw FormatError(reader.position(offset) + node_text(node) + " has attribute " +
                        quoted_name(attribute.name) + " twice");
  if (node.domain == "ai.onnx") node.domain.clear();
  return node;
}

}  // namespace filigree::loader
