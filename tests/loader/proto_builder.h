// Builds protobuf messages byte by byte, and the few ONNX messages that tests of the reader need.
// The field numbers are those of onnx.proto.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace filigree::loader {

class Proto {
 public:
  Proto& varint(std::uint32_t field, std::uint64_t value) {
    key(field, 0);
    raw_varint(value);
    return *this;
  }
  Proto& fixed32(std::uint32_t field, float value) {
    key(field, 5);
    little_endian(std::bit_cast<std::uint32_t>(value), 4);
    return *this;
  }
  Proto& fixed64(std::uint32_t field, double value) {
    key(field, 1);
    little_endian(std::bit_cast<std::uint64_t>(value), 8);
    return *this;
  }
  Proto& bytes(std::uint32_t field, std::string_view value) {
    key(field, 2);
    raw_varint(value.size());
    text_ += value;
    return *this;
  }
  Proto& message(std::uint32_t field, const Proto& inner) { return bytes(field, inner.text()); }
  Proto& key(std::uint32_t field, unsigned wire_type) {
    raw_varint((std::uint64_t{field} << 3) | wire_type);
    return *this;
  }
  Proto& raw(std::string_view value) {
    text_ += value;
    return *this;
  }
  Proto& raw_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) text_ += static_cast<char>((value & 0x7f) | 0x80);
    text_ += static_cast<char>(value);
    return *this;
  }

  const std::string& text() const { return text_; }
  std::span<const std::byte> span() const { return std::as_bytes(std::span(text_)); }

 private:
  void little_endian(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) text_ += static_cast<char>((value >> (8 * i)) & 0xff);
  }

  std::string text_;
};

// TensorProto without data.
inline Proto tensor_proto(std::string_view name, int data_type,
                          std::initializer_list<std::int64_t> dims) {
  Proto proto;
  for (const std::int64_t dim : dims) proto.varint(1, static_cast<std::uint64_t>(dim));
  proto.varint(2, static_cast<std::uint64_t>(data_type)).bytes(8, name);
  return proto;
}

inline Proto node_proto(std::string_view op_type, std::initializer_list<std::string_view> inputs,
                        std::initializer_list<std::string_view> outputs) {
  Proto proto;
  for (const std::string_view input : inputs) proto.bytes(1, input);
  for (const std::string_view output : outputs) proto.bytes(2, output);
  proto.bytes(4, op_type);
  return proto;
}

// ModelProto of one graph, with opset 14 of the default domain.
inline Proto model_proto(const Proto& graph, std::uint64_t opset = 14) {
  return Proto().varint(1, 8).message(7, graph).message(8, Proto().varint(2, opset));
}

// A model whose only content is one initializer.
inline Proto model_of(const Proto& initializer) {
  return model_proto(Proto().message(5, initializer));
}

}  // namespace filigree::loader
