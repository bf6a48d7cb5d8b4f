#include "tools/model_maker/wire_writer.h"

#include <bit>
#include <utility>

namespace filigree::tools {
namespace {

constexpr std::uint32_t kVarint = 0, kLength = 2, kFixed32 = 5;

std::size_t varint_bytes(std::uint64_t value) {
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

void put_fixed32(std::string& out, float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(bits >> shift & 0xff);
}

}  // namespace

std::string& WireWriter::open_piece() {
  if (pieces_.empty() || !pieces_.back().referred.empty()) pieces_.emplace_back();
  return pieces_.back().copied;
}

void WireWriter::append(std::string_view copied) {
  open_piece() += copied;
  size_ += copied.size();
}

void WireWriter::varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
  bytes += static_cast<char>(value);
  append(bytes);
}

void WireWriter::key(std::uint32_t field, std::uint32_t wire_type) {
  varint(std::uint64_t{field} << 3 | wire_type);
}

void WireWriter::integer(std::uint32_t field, std::int64_t value) {
  key(field, kVarint);
  varint(static_cast<std::uint64_t>(value));
}

void WireWriter::number(std::uint32_t field, float value) {
  key(field, kFixed32);
  std::string bytes;
  put_fixed32(bytes, value);
  append(bytes);
}

void WireWriter::text(std::uint32_t field, std::string_view value) {
  key(field, kLength);
  varint(value.size());
  append(value);
}

void WireWriter::integers(std::uint32_t field, std::span<const std::int64_t> values) {
  if (values.empty()) return;
  std::size_t length = 0;
  for (const std::int64_t value : values) length += varint_bytes(static_cast<std::uint64_t>(value));
  key(field, kLength);
  varint(length);
  for (const std::int64_t value : values) varint(static_cast<std::uint64_t>(value));
}

void WireWriter::numbers(std::uint32_t field, std::span<const float> values) {
  if (values.empty()) return;
  std::string bytes;
  for (const float value : values) put_fixed32(bytes, value);
  text(field, bytes);
}

void WireWriter::bytes(std::uint32_t field, std::span<const std::byte> value) {
  key(field, kLength);
  varint(value.size());
  pieces_.back().referred = value;
  size_ += value.size();
}

void WireWriter::message(std::uint32_t field, WireWriter&& inner) {
  key(field, kLength);
  varint(inner.size_);
  for (Piece& piece : inner.pieces_) {
    open_piece() += piece.copied;
    pieces_.back().referred = piece.referred;
  }
  size_ += inner.size_;
  inner = WireWriter();
}

void WireWriter::encoded(std::span<const std::byte> fields) {
  open_piece();
  pieces_.back().referred = fields;
  size_ += fields.size();
}

std::vector<std::string_view> WireWriter::pieces() const {
  std::vector<std::string_view> result;
  for (const Piece& piece : pieces_) {
    result.emplace_back(piece.copied);
    if (!piece.referred.empty())
      result.emplace_back(reinterpret_cast<const char*>(piece.referred.data()),
                          piece.referred.size());
  }
  return result;
}

}  // namespace filigree::tools
