#include "tokenizer/utf8.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace filigree::tokenizer {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) noexcept {
  return static_cast<unsigned char>(text[at]);
}

// Row of table 3-7: length of the sequence and the range of its second byte. Length 0: never a
// first byte.
struct FirstByte {
  unsigned length;
  unsigned second_low;
  unsigned second_high;
};

FirstByte first_byte(unsigned byte) noexcept {
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};  // shorter forms exist below A0
  if (byte == 0xED) return {3, 0x80, 0x9F};  // surrogates above 9F
  if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};  // beyond U+10FFFF above 8F
  return {0, 0, 0};
}

// Bytes of ASCII at text[at...], found eight at a time.
std::size_t ascii_prefix(std::string_view text, std::size_t at) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  const std::size_t begin = at;
  while (text.size() - at >= sizeof(std::uint64_t)) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if ((eight & kHighBits) != 0) break;
    at += sizeof eight;
  }
  while (at < text.size() && byte_at(text, at) < 0x80) ++at;
  return at - begin;
}

}  // namespace

DecodedCodePoint decode_utf8(std::string_view text, std::size_t at) noexcept {
  assert(at < text.size());
  const unsigned first = byte_at(text, at);
  if (first < 0x80) return {first, 1, true};
  const FirstByte row = first_byte(first);
  if (row.length == 0) return {kReplacement, 1, false};
  std::size_t taken = 1;
  char32_t value = first & (0x7FU >> row.length);
  for (unsigned low = row.second_low, high = row.second_high; taken < row.length; ++taken) {
    if (at + taken == text.size()) return {kReplacement, taken, false};
    const unsigned byte = byte_at(text, at + taken);
    if (byte < low || byte > high) return {kReplacement, taken, false};
    value = (value << 6) | (byte & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {value, taken, true};
}

std::optional<std::size_t> first_invalid_utf8(std::string_view text) noexcept {
  for (std::size_t at = ascii_prefix(text, 0); at < text.size(); at += ascii_prefix(text, at)) {
    const DecodedCodePoint decoded = decode_utf8(text, at);
    if (!decoded.valid) return at;
    at += decoded.bytes;
  }
  return std::nullopt;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const DecodedCodePoint decoded = decode_utf8(text, at);
    if (decoded.valid)
      result.append(text, at, decoded.bytes);
    else
      append_utf8(result, kReplacement);
    at += decoded.bytes;
  }
  return result;
}

std::size_t count_code_points(std::string_view text) noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t ascii = ascii_prefix(text, at);
    count += ascii;
    at += ascii;
    if (at == text.size()) break;
    at += decode_utf8(text, at).bytes;
    ++count;
  }
  return count;
}

std::size_t byte_offset(std::string_view text, std::size_t index) noexcept {
  std::size_t at = 0;
  while (index > 0 && at < text.size()) {
    const std::size_t ascii = std::min(index, ascii_prefix(text, at));
    index -= ascii;
    at += ascii;
    if (index == 0 || at == text.size()) break;
    at += decode_utf8(text, at).bytes;
    --index;
  }
  return at;
}

void append_utf8(std::string& text, char32_t c) {
  assert(c < 0x110000 && !(c >= 0xD800 && c <= 0xDFFF));
  const auto push = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return push(c);
  if (c < 0x800) {
    push(0xC0 | (c >> 6));
  } else if (c < 0x10000) {
    push(0xE0 | (c >> 12));
    push(0x80 | ((c >> 6) & 0x3F));
  } else {
    push(0xF0 | (c >> 18));
    push(0x80 | ((c >> 12) & 0x3F));
    push(0x80 | ((c >> 6) & 0x3F));
  }
  push(0x80 | (c & 0x3F));
}

}  // namespace filigree::tokenizer
