// AttributeProto: exactly one value, whose kind the field `type` names.
#include <optional>
#include <utility>

#include "loader/error.h"
#include "loader/onnx_messages.h"

namespace filigree::loader {
namespace {

// AttributeProto.AttributeType.
enum Kind : std::int64_t {
  kUndefined = 0,
  kFloatKind = 1,
  kIntKind = 2,
  kStringKind = 3,
  kTensorKind = 4,
  kGraphKind = 5,
  kFloatsKind = 6,
  kIntsKind = 7,
  kStringsKind = 8,
  kLastKind = 14
};

constexpr std::string_view kKindNames[] = {
    "UNDEFINED",      "FLOAT",      "INT",        "STRING",  "TENSOR", "GRAPH",
    "FLOATS",         "INTS",       "STRINGS",    "TENSORS", "GRAPHS", "SPARSE_TENSOR",
    "SPARSE_TENSORS", "TYPE_PROTO", "TYPE_PROTOS"};

struct AttributeFields {
  std::string name;
  Kind declared = kUndefined;
  Kind found = kUndefined;  // the kind of the value that is present
  float single_float = 0;
  std::int64_t single_int = 0;
  std::string single_string;
  std::optional<Tensor> tensor;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string> strings;
  bool is_reference = false;
};

// The kind that a field of AttributeProto holds a value of, or kUndefined.
Kind kind_of_field(std::uint32_t number) {
  switch (number) {
    case 2:
      return kFloatKind;
    case 3:
      return kIntKind;
    case 4:
      return kStringKind;
    case 5:
      return kTensorKind;
    case 6:
      return kGraphKind;
    case 7:
      return kFloatsKind;
    case 8:
      return kIntsKind;
    case 9:
      return kStringsKind;
    case 10:
      return Kind{9};
    case 11:
      return Kind{10};
    case 14:
      return Kind{13};
    case 15:
      return Kind{14};
    case 22:
      return Kind{11};
    case 23:
      return Kind{12};
    default:
      return kUndefined;
  }
}

void read_value(WireReader& reader, const WireReader::Field& field, AttributeFields& fields,
                ExternalData& external) {
  switch (field.number) {
    case 2:
      fields.single_float = reader.float32(field);
      break;
    case 3:
      fields.single_int = reader.int64(field);
      break;
    case 4:
      fields.single_string = reader.text(field);
      break;
    case 5:
      fields.tensor =
          read_tensor(reader.message(field, "TensorProto"), "attribute tensor", external).tensor;
      break;
    case 7:
      reader.append(field, fields.floats);
      break;
    case 8:
      reader.append(field, fields.ints);
      break;
    case 9:
      fields.strings.push_back(reader.text(field));
      break;
    default:
      reader.skip(field);
  }
}

void read_field(WireReader& reader, const WireReader::Field& field, AttributeFields& fields,
                ExternalData& external) {
  if (const Kind kind = kind_of_field(field.number); kind != kUndefined) {
    if (fields.found != kUndefined && fields.found != kind)
      reader.fail(field, "attribute has a second value of kind " + std::string(kKindNames[kind]) +
                             ", expected only " + std::string(kKindNames[fields.found]));
    fields.found = kind;
    read_value(reader, field, fields, external);
  } else if (field.number == 1) {
    fields.name = reader.text(field);
  } else if (field.number == 20) {
    const std::int64_t kind_value = reader.int64(field);
    if (kind_value < kUndefined || kind_value > kLastKind)
      reader.fail(field, "attribute type is " + std::to_string(kind_value) + ", expected 0 to 14");
    fields.declared = static_cast<Kind>(kind_value);
  } else if (field.number == 21) {
    fields.is_reference = !reader.text(field).empty();
  } else {
    reader.skip(field);
  }
}

}  // namespace

Attribute read_attribute(WireReader reader, ExternalData& external) {
  const std::uint64_t offset = reader.offset();
  AttributeFields fields;
  while (const auto field = reader.next_field()) read_field(reader, *field, fields, external);

  const auto where = [&] {
    return reader.position(offset) + "attribute " + quoted_name(fields.name);
  };
  if (fields.name.empty()) throw FormatError(where() + " has no name");
  if (fields.is_reference) return {fields.name, UnreadValue{"reference to a function attribute"}};
  // A writer may leave out a value that is 0 or empty, and old ones leave out the type.
  const Kind kind = fields.declared == kUndefined ? fields.found : fields.declared;
  if (fields.found != kUndefined && fields.found != kind)
    throw FormatError(where() + " has a value of kind " + std::string(kKindNames[fields.found]) +
                      ", expected " + std::string(kKindNames[kind]));
  switch (kind) {
    case kFloatKind:
      return {fields.name, fields.single_float};
    case kIntKind:
      return {fields.name, fields.single_int};
    case kStringKind:
      return {fields.name, std::move(fields.single_string)};
    case kFloatsKind:
      return {fields.name, std::move(fields.floats)};
    case kIntsKind:
      return {fields.name, std::move(fields.ints)};
    case kStringsKind:
      return {fields.name, std::move(fields.strings)};
    case kTensorKind:
      if (!fields.tensor) throw FormatError(where() + " has no tensor");
      return {fields.name, std::move(*fields.tensor)};
    case kUndefined:
      throw FormatError(where() + " has neither a type nor a value");
    default:
      return {fields.name, UnreadValue{std::string(kKindNames[kind])}};
  }
}

}  // namespace filigree::loader
