// ValueInfoProto: name, and for a tensor its element type and dimensions.
#include "loader/error.h"
#include "loader/onnx_messages.h"

namespace filigree::loader {
namespace {

std::optional<std::int64_t> read_dimension(WireReader reader) {
  std::optional<std::int64_t> value;
  while (const auto field = reader.next_field()) {
    if (field->number != 1) {
      reader.skip(*field);
      continue;
    }
    value = reader.int64(*field);
    // Some exporters write -1 for a dimension that is not known.
    if (*value < -1)
      reader.fail(*field, "dimension is " + std::to_string(*value) + ", expected at least -1");
    if (*value == -1) value.reset();
  }
  return value;
}

void read_shape(WireReader reader, ValueInfo& info) {
  while (const auto field = reader.next_field()) {
    if (field->number == 1)
      info.dims.push_back(read_dimension(reader.message(*field, "Dimension")));
    else
      reader.skip(*field);
  }
}

void read_tensor_type(WireReader reader, ValueInfo& info) {
  while (const auto field = reader.next_field()) {
    if (field->number == 1)
      info.type = data_type_from_onnx(reader.int64(*field));
    else if (field->number == 2)
      read_shape(reader.message(*field, "TensorShapeProto"), info);
    else
      reader.skip(*field);
  }
}

}  // namespace

ValueInfo read_value_info(WireReader reader) {
  const std::uint64_t offset = reader.offset();
  ValueInfo info;
  while (const auto field = reader.next_field()) {
    if (field->number == 1) {
      info.name = reader.text(*field);
    } else if (field->number == 2) {
      WireReader type = reader.message(*field, "TypeProto");
      while (const auto kind = type.next_field()) {
        if (kind->number == 1)
          read_tensor_type(type.message(*kind, "TypeProto.Tensor"), info);
        else
          type.skip(*kind);
      }
    } else {
      reader.skip(*field);
    }
  }
  if (info.name.empty()) throw FormatError(reader.position(offset) + "value info has no name");
  return info;
}

}  // namespace filigree::loader
