// TensorProto: elements in raw_data, in one of the typed repeated fields, or in a file beside the
// model.
#include <bit>
#include <charconv>
#include <concepts>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "loader/error.h"
#include "loader/onnx_messages.h"

namespace filigree::loader {
namespace {

struct TensorFields {
  std::string name;
  Dims dims;
  std::int64_t data_type = 0;
  std::vector<float> floats;
  std::vector<std::int32_t> int32s;
  std::vector<std::int64_t> int64s;
  std::vector<double> doubles;
  std::optional<WireReader::Unread> raw;
  bool is_segment = false;
  bool is_external = false;
  std::string location;
  std::uint64_t external_offset = 0;
  std::optional<std::uint64_t> external_length;
};

std::uint64_t external_number(const WireReader& reader, const WireReader::Field& field,
                              const std::string& key, const std::string& value) {
  std::uint64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || rest != end)
    reader.fail(field,
                "external data " + key + " is " + quoted_name(value) + ", expected a number");
  return number;
}

void read_external_entry(WireReader reader, TensorFields& fields) {
  std::string key;
  std::string value;
  WireReader::Field value_field;
  while (const auto field = reader.next_field()) {
    if (field->number == 1) {
      key = reader.text(*field);
    } else if (field->number == 2) {
      value_field = *field;
      value = reader.text(*field);
    } else {
      reader.skip(*field);
    }
  }
  if (key == "location") fields.location = value;
  if (key == "offset") fields.external_offset = external_number(reader, value_field, key, value);
  if (key == "length") fields.external_length = external_number(reader, value_field, key, value);
}

TensorFields read_fields(WireReader& reader) {
  TensorFields fields;
  while (const auto field = reader.next_field()) {
    switch (field->number) {
      case 1:
        reader.append(*field, fields.dims);
        break;
      case 2:
        fields.data_type = reader.int64(*field);
        break;
      case 3:
        reader.skip(*field);
        fields.is_segment = true;
        break;
      case 4:
        reader.append(*field, fields.floats);
        break;
      case 5:
        reader.append(*field, fields.int32s);
        break;
      case 7:
        reader.append(*field, fields.int64s);
        break;
      case 8:
        fields.name = reader.text(*field);
        break;
      case 9:
        fields.raw = reader.unread_bytes(*field);
        break;
      case 10:
        reader.append(*field, fields.doubles);
        break;
      case 13:
        read_external_entry(reader.message(*field, "StringStringEntryProto"), fields);
        break;
      case 14:
        fields.is_external = reader.int64(*field) == 1;
        break;
      default:
        reader.skip(*field);
    }
  }
  return fields;
}

// Throws unless `values` has the tensor's element count; checked before anything is allocated.
template <class T>
void check_count(const TensorFields& fields, DataType type, const std::vector<T>& values) {
  const std::size_t count = element_count(fields.dims);
  if (values.size() != count)
    throw FormatError("has " + std::to_string(values.size()) + " elements of data, expected " +
                      std::to_string(count) + " (" + std::string(data_type_name(type)) + " " +
                      shape_text(fields.dims) + ")");
}

template <class T>
Tensor from_values(const TensorFields& fields, const std::vector<T>& values) {
  check_count(fields, kDataTypeOf<T>, values);
  return Tensor::of<T>(fields.dims, values);
}

// The types of at most 16 bits are stored in int32_data, one element each.
template <class Stored>
Tensor from_int32s(const TensorFields& fields, DataType type, std::int32_t greatest) {
  check_count(fields, type, fields.int32s);
  std::vector<Stored> values;
  values.reserve(fields.int32s.size());
  for (const std::int32_t value : fields.int32s) {
    if (value < std::numeric_limits<Stored>::min() || value > greatest)
      throw FormatError("has the value " + std::to_string(value) + ", expected " +
                        std::string(data_type_name(type)));
    values.push_back(static_cast<Stored>(value));
  }
  return Tensor(type, fields.dims, std::as_bytes(std::span(values)));
}

template <class Stored>
Tensor from_int32s(const TensorFields& fields, DataType type) {
  return from_int32s<Stored>(fields, type, std::numeric_limits<Stored>::max());
}

Tensor from_typed(const TensorFields& fields, DataType type) {
  switch (type) {
    case DataType::kFloat:
      return from_values(fields, fields.floats);
    case DataType::kDouble:
      return from_values(fields, fields.doubles);
    case DataType::kInt64:
      return from_values(fields, fields.int64s);
    case DataType::kInt32:
      return from_values(fields, fields.int32s);
    case DataType::kInt8:
      return from_int32s<std::int8_t>(fields, type);
    case DataType::kUint8:
      return from_int32s<std::uint8_t>(fields, type);
    case DataType::kBool:
      return from_int32s<std::uint8_t>(fields, type, 1);
    case DataType::kFloat16:
      return from_int32s<std::uint16_t>(fields, type);
  }
  throw FormatError("has an element type without typed data");
}

// Data in a field that the element type does not use would be dropped silently.
void check_data_fields(const TensorFields& fields, DataType type) {
  const bool has_typed = !fields.floats.empty() || !fields.int32s.empty() ||
                         !fields.int64s.empty() || !fields.doubles.empty();
  if (fields.raw && has_typed) throw FormatError("has both raw_data and typed data");
  if (fields.is_external && (has_typed || (fields.raw && !fields.raw->bytes.empty())))
    throw FormatError("has both external data and data of its own");
  const bool uses_int32 =
      type != DataType::kFloat && type != DataType::kDouble && type != DataType::kInt64;
  if ((!fields.floats.empty() && type != DataType::kFloat) ||
      (!fields.doubles.empty() && type != DataType::kDouble) ||
      (!fields.int64s.empty() && type != DataType::kInt64) ||
      (!fields.int32s.empty() && !uses_int32))
    throw FormatError("has data in a field of another type, expected " +
                      std::string(data_type_name(type)));
}

Tensor from_external(const TensorFields& fields, DataType type, ExternalData& external) {
  if (fields.location.empty()) throw FormatError("has external data without a location");
  const std::uint64_t bytes = std::uint64_t{element_count(fields.dims)} * element_bytes(type);
  if (fields.external_length && *fields.external_length != bytes)
    throw FormatError("has " + std::to_string(*fields.external_length) +
                      " bytes of external data, expected " + std::to_string(bytes) + " (" +
                      std::string(data_type_name(type)) + " " + shape_text(fields.dims) + ")");
  return external.read(fields.location, fields.external_offset, type, fields.dims);
}

Tensor from_raw(const TensorFields& fields, DataType type, const WireReader& reader) {
  const auto [bytes, offset] = *fields.raw;
  const bool has_all =
      bytes.size() == std::uint64_t{element_count(fields.dims)} * element_bytes(type);
  if (reader.image() != nullptr && has_all && type != DataType::kBool &&
      bytes.size() >= kLeastDeferredBytes)
    return deferred_tensor(type, fields.dims, reader.image()->file(), offset,
                           "weights at offset " + std::to_string(offset) + ": ");
  reader.need(bytes);
  return Tensor(type, fields.dims, bytes);
}

Tensor tensor_of(const TensorFields& fields, const WireReader& reader, ExternalData& external) {
  const auto type = data_type_from_onnx(fields.data_type);
  if (!type)
    throw UnsupportedError("has element type " + std::to_string(fields.data_type) +
                           " of TensorProto.DataType, expected FLOAT, FLOAT16, DOUBLE, INT8, "
                           "UINT8, INT32, INT64 or BOOL");
  if (fields.is_segment) throw UnsupportedError("is stored in segments, expected one piece");
  check_data_fields(fields, *type);
  if (fields.is_external) return from_external(fields, *type, external);
  if (fields.raw) return from_raw(fields, *type, reader);
  return from_typed(fields, *type);
}

}  // namespace

// raw_data is little-endian, and so is every machine that filigree runs on.
static_assert(std::endian::native == std::endian::little);

NamedTensor read_tensor(WireReader reader, std::string_view role, ExternalData& external) {
  const std::uint64_t offset = reader.offset();
  TensorFields fields = read_fields(reader);
  const auto prefix = [&] {
    return reader.position(offset) + std::string(role) + " " + quoted_name(fields.name) + " ";
  };
  Tensor tensor = with_context(prefix, [&] { return tensor_of(fields, reader, external); });
  return {std::move(fields.name), std::move(tensor)};
}

}  // namespace filigree::loader
