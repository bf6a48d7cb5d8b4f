// A protobuf message as its fields, each with the bytes that it consists of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::tools {

struct WireField {
  std::uint32_t number = 0;
  std::span<const std::byte> bytes;    // key and value
  std::span<const std::byte> payload;  // of strings, bytes and messages; else empty
};

// A file and the part of it that is one message.
struct WireMessage {
  std::span<const std::byte> file;
  std::string_view file_name;
  std::span<const std::byte> bytes;

  WireMessage inner(const WireField& field) const { return {file, file_name, field.payload}; }
};

// Throws loader::FormatError for bytes that are no message. Views into the file.
std::vector<WireField> fields_of(const WireMessage& message);

// The payload of the last field `number`, "" when there is none.
std::string text_field(const WireMessage& message, std::uint32_t number);

}  // namespace filigree::tools
