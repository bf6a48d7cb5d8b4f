// UTF-8 decoding by the Unicode standard (15.0, section 3.9, tables 3-7 and 3-8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace filigree::tokenizer {

inline constexpr char32_t kReplacement = 0xFFFD;

struct DecodedCodePoint {
  char32_t value;     // kReplacement for an invalid subpart
  std::size_t bytes;  // >= 1
  bool valid;
};

// Decodes at text[at]; an ill-formed sequence gives its maximal subpart. Precondition: at <
// text.size().
DecodedCodePoint decode_utf8(std::string_view text, std::size_t at) noexcept;

// Byte offset of the first ill-formed sequence, or nullopt.
std::optional<std::size_t> first_invalid_utf8(std::string_view text) noexcept;

// `text` with U+FFFD in place of each maximal ill-formed subpart: as many code points as
// decode_utf8 counts.
std::string replace_invalid_utf8(std::string_view text);

// Each ill-formed subpart counts as one.
std::size_t count_code_points(std::string_view text) noexcept;

// Byte offset of code point number `index`; text.size() when there are fewer.
std::size_t byte_offset(std::string_view text, std::size_t index) noexcept;

// Precondition: c is a code point other than a surrogate.
void append_utf8(std::string& text, char32_t c);

}  // namespace filigree::tokenizer
