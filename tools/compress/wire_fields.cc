#include "tools/compress/wire_fields.h"

#include "loader/wire_reader.h"

namespace filigree::tools {

std::vector<WireField> fields_of(const WireMessage& message) {
  using Reader = loader::WireReader;
  const auto start = static_cast<std::uint64_t>(message.bytes.data() - message.file.data());
  Reader reader(message.bytes, message.file_name, "message", message.bytes.empty() ? 0 : start);
  std::vector<WireField> fields;
  while (const auto field = reader.next_field()) {
    WireField found{.number = field->number, .bytes = {}, .payload = {}};
    if (field->type == Reader::WireType::kBytes)
      found.payload = reader.bytes(*field);
    else
      reader.skip(*field);
    found.bytes = message.file.subspan(field->offset, reader.offset() - field->offset);
    fields.push_back(found);
  }
  return fields;
}

std::string text_field(const WireMessage& message, std::uint32_t number) {
  std::string text;
  for (const WireField& field : fields_of(message))
    if (field.number == number)
      text.assign(reinterpret_cast<const char*>(field.payload.data()), field.payload.size());
  return text;
}

}  // namespace filigree::tools
