#include "loader/wire_reader.h"

#include <bit>
#include <limits>

#include "loader/error.h"

namespace filigree::loader {
namespace {

// Groups do not occur in ONNX; the limit only bounds what a hostile file can make skip_group()
// remember.
constexpr std::size_t kMaxGroupDepth = 64;
constexpr std::uint32_t kMaxFieldNumber = (1u << 29) - 1;

std::string_view wire_type_name(WireReader::WireType type) {
  static constexpr std::string_view kNames[] = {"varint",      "fixed64",   "length-delimited",
                                                "start group", "end group", "fixed32"};
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace

std::string WireReader::position(std::uint64_t offset) const {
  return std::string(file_) + ": offset " + std::to_string(offset) + ": ";
}

void WireReader::fail(const Field& field, const std::string& what) const {
  throw FormatError(position(field.offset) + std::string(message_) + " field " +
                    std::to_string(field.number) + ": " + what);
}

void WireReader::expect(const Field& field, WireType type) const {
  if (field.type != type)
    fail(field, "wire type is " + std::string(wire_type_name(field.type)) + ", expected " +
                    std::string(wire_type_name(type)));
}

std::span<const std::byte> WireReader::take(const Field& field, std::uint64_t count) {
  if (count > rest_.size())
    fail(field, "value needs " + std::to_string(count) + " bytes, expected at most the " +
                    std::to_string(rest_.size()) + " left in the message");
  const auto taken = rest_.first(static_cast<std::size_t>(count));
  rest_ = rest_.subspan(taken.size());
  offset_ += taken.size();
  return taken;
}

std::uint64_t WireReader::varint(const Field& field) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto taken = take(field, 1);
    need(taken);
    const auto byte = std::to_integer<std::uint64_t>(taken[0]);
    // The tenth byte holds the 64th bit only.
    if (shift == 63 && byte > 1) fail(field, "varint is longer than 64 bits");
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  fail(field, "varint is longer than 64 bits");
}

std::uint64_t WireReader::fixed(const Field& field, std::size_t width) {
  std::uint64_t value = 0;
  const auto bytes = take(field, width);
  need(bytes);
  for (std::size_t i = 0; i < width; ++i)
    value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

std::optional<WireReader::Field> WireReader::next_field() {
  if (rest_.empty()) return std::nullopt;
  Field field{.offset = offset_};
  const std::uint64_t key = varint(field);
  const std::uint64_t number = key >> 3;
  if (number == 0 || number > kMaxFieldNumber)
    throw FormatError(position(field.offset) + std::string(message_) + " has field number " +
                      std::to_string(number) + ", expected 1 to " +
                      std::to_string(kMaxFieldNumber));
  field.number = static_cast<std::uint32_t>(number);
  if ((key & 7) > 5) fail(field, "wire type is " + std::to_string(key & 7) + ", expected 0 to 5");
  field.type = static_cast<WireType>(key & 7);
  return field;
}

std::int64_t WireReader::int64(const Field& field) {
  expect(field, WireType::kVarint);
  return static_cast<std::int64_t>(varint(field));
}

std::int32_t WireReader::int32(const Field& field) {
  const std::int64_t value = int64(field);
  if (value < std::numeric_limits<std::int32_t>::min() ||
      value > std::numeric_limits<std::int32_t>::max())
    fail(field, "value is " + std::to_string(value) + ", expected 32 bits");
  return static_cast<std::int32_t>(value);
}

float WireReader::float32(const Field& field) {
  expect(field, WireType::kFixed32);
  return std::bit_cast<float>(static_cast<std::uint32_t>(fixed(field, 4)));
}

WireReader::Unread WireReader::unread_bytes(const Field& field) {
  expect(field, WireType::kBytes);
  const auto taken = take(field, varint(field));
  return {taken, offset_ - taken.size()};
}

std::span<const std::byte> WireReader::bytes(const Field& field) {
  const auto taken = unread_bytes(field).bytes;
  need(taken);
  return taken;
}

std::string WireReader::text(const Field& field) {
  const auto value = bytes(field);
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

WireReader WireReader::message(const Field& field, std::string_view name) {
  return {image_, unread_bytes(field), file_, name};
}

template <class T, class Read>
void WireReader::append_each(const Field& field, WireType unpacked, std::vector<T>& values,
                             Read read) {
  if (field.type != WireType::kBytes) {
    expect(field, unpacked);
    values.push_back(read(*this, field));
    return;
  }
  WireReader run = message(field, message_);
  while (!run.rest_.empty())
    values.push_back(read(run, {.number = field.number, .type = unpacked, .offset = run.offset_}));
}

void WireReader::append(const Field& field, std::vector<std::int64_t>& values) {
  append_each(field, WireType::kVarint, values,
              [](WireReader& reader, const Field& element) { return reader.int64(element); });
}

void WireReader::append(const Field& field, std::vector<std::int32_t>& values) {
  append_each(field, WireType::kVarint, values,
              [](WireReader& reader, const Field& element) { return reader.int32(element); });
}

void WireReader::append(const Field& field, std::vector<float>& values) {
  append_each(field, WireType::kFixed32, values,
              [](WireReader& reader, const Field& element) { return reader.float32(element); });
}

void WireReader::append(const Field& field, std::vector<double>& values) {
  append_each(field, WireType::kFixed64, values, [](WireReader& reader, const Field& element) {
    return std::bit_cast<double>(reader.fixed(element, 8));
  });
}

void WireReader::skip(const Field& field) {
  switch (field.type) {
    case WireType::kVarint:
      varint(field);
      return;
    case WireType::kFixed64:
      take(field, 8);
      return;
    case WireType::kBytes:
      take(field, varint(field));
      return;
    case WireType::kFixed32:
      take(field, 4);
      return;
    case WireType::kStartGroup:
      skip_group(field);
      return;
    case WireType::kEndGroup:
      fail(field, "a group ends that did not start");
  }
}

void WireReader::skip_group(const Field& field) {
  std::vector<std::uint32_t> open{field.number};
  while (!open.empty()) {
    const auto inner = next_field();
    if (!inner) fail(field, "message ends inside a group");
    if (inner->type == WireType::kStartGroup) {
      if (open.size() == kMaxGroupDepth)
        fail(*inner, "groups are nested deeper than " + std::to_string(kMaxGroupDepth));
      open.push_back(inner->number);
    } else if (inner->type == WireType::kEndGroup) {
      if (inner->number != open.back())
        fail(*inner, "group ends, expected the end of group " + std::to_string(open.back()));
      open.pop_back();
    } else {
      skip(*inner);
    }
  }
}

}  // namespace filigree::loader
