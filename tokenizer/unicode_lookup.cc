#include <algorithm>
#include <cassert>

#include "tokenizer/unicode_tables.h"

namespace filigree::tokenizer {
namespace {

std::uint8_t value_at(std::span<const PropertyRun> runs, char32_t c) noexcept {
  assert(c < kCodePointLimit);
  const auto after =
      std::upper_bound(runs.begin(), runs.end(), c,
                       [](char32_t value, const PropertyRun& run) { return value < run.first; });
  return std::prev(after)->value;
}

}  // namespace

std::uint8_t flags_of(char32_t c) noexcept { return value_at(kUnicodeTables.flags, c); }

std::uint8_t combining_class(char32_t c) noexcept {
  return value_at(kUnicodeTables.combining_classes, c);
}

std::span<const char32_t> mapped(std::span<const MappingEntry> mapping, char32_t c) noexcept {
  const auto entry = std::lower_bound(
      mapping.begin(), mapping.end(), c,
      [](const MappingEntry& candidate, char32_t value) { return candidate.from < value; });
  if (entry == mapping.end() || entry->from != c) return {};
  return kUnicodeTables.pool.subspan(entry->offset, entry->length);
}

}  // namespace filigree::tokenizer
