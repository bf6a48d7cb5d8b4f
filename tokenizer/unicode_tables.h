// What Hugging Face `tokenizers` knows about code points, as generated tables (unicode_tables.cc).
//
// Runs are sorted by first code point and hold up to the next run; the first run starts at U+0000.
// Mappings are sorted by code point and hold neither identities nor Hangul syllables, whose
// decomposition is arithmetic.
#pragma once

#include <cstdint>
#include <span>

namespace filigree::tokenizer {

inline constexpr char32_t kCodePointLimit = 0x110000;

// Bits of PropertyRun::value in UnicodeTables::flags.
enum CodePointFlag : std::uint8_t {
  kRemovedFlag = 1,       // clean_text drops it
  kSpaceFlag = 2,         // white space, both to clean_text and to the pre-tokenizer
  kChineseFlag = 4,       // handle_chinese_chars puts spaces around it
  kMarkFlag = 8,          // strip_accents drops it after decomposition
  kPunctuationFlag = 16,  // a word of its own to the pre-tokenizer
  kWordFlag = 32,         // \w, which decides on added tokens with single_word
};

struct PropertyRun {
  char32_t first;
  std::uint8_t value;
};

struct MappingEntry {
  char32_t from;
  std::uint16_t offset;  // into UnicodeTables::pool
  std::uint8_t length;
};

struct UnicodeTables {
  std::span<const PropertyRun> flags;              // CodePointFlag bits
  std::span<const PropertyRun> combining_classes;  // canonical combining class
  std::span<const MappingEntry> lowercase;
  std::span<const MappingEntry> decompositions;  // full canonical decomposition
  std::span<const char32_t> pool;
};

extern const UnicodeTables kUnicodeTables;

// CodePointFlag bits. Precondition of all three: c < kCodePointLimit.
std::uint8_t flags_of(char32_t c) noexcept;

std::uint8_t combining_class(char32_t c) noexcept;

// The target of c in one of kUnicodeTables' mappings, or an empty span when c maps to itself.
std::span<const char32_t> mapped(std::span<const MappingEntry> mapping, char32_t c) noexcept;

}  // namespace filigree::tokenizer
