#include "tokenizer/word_table.h"

#include <algorithm>
#include <cstring>

namespace filigree::tokenizer {
namespace {

// 2.5 words for 4 slots: one word in twenty finds its line full.
constexpr std::size_t bucket_count(std::size_t words) { return words * 2 / 5 + 1; }

}  // namespace

WordTable::WordTable(const std::vector<std::pair<std::string_view, std::int32_t>>& words)
    : buckets_(bucket_count(words.size())) {
  for (const auto& [word, value] : words) {
    if (word.empty() || word.size() > kMostBytes) continue;
    const Key key = key_of(word);
    auto& slots = buckets_[bucket_of(key)].slots;
    const auto free =
        std::ranges::find_if(slots, [](const Slot& slot) { return slot.value == kNoValue; });
    if (free != slots.end()) *free = {key.begin, key.rest, value};
  }
}

void WordTable::prefetch(std::string_view text) const noexcept {
  std::array<char, kMostBytes> word;
  std::size_t bytes = 0;
  const auto end_word = [&] {
    if (bytes != 0 && bytes <= kMostBytes)
      __builtin_prefetch(&buckets_[bucket_of(key_of({word.data(), bytes}))]);
    bytes = 0;
  };
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (!upper && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
      end_word();
      continue;
    }
    if (bytes < kMostBytes) word[bytes] = upper ? static_cast<char>(c - 'A' + 'a') : c;
    ++bytes;
  }
  end_word();
}

std::int32_t WordTable::find(std::string_view word) const noexcept {
  if (word.empty() || word.size() > kMostBytes) return kNoValue;
  const Key key = key_of(word);
  for (const Slot& slot : buckets_[bucket_of(key)].slots)
    if (slot.begin == key.begin && slot.rest == key.rest) return slot.value;
  return kNoValue;
}

WordTable::Key WordTable::key_of(std::string_view word) noexcept {
  constexpr std::size_t kBegin = sizeof(Key::begin);
  Key key;
  std::memcpy(&key.begin, word.data(), std::min(word.size(), kBegin));
  if (word.size() > kBegin) std::memcpy(&key.rest, word.data() + kBegin, word.size() - kBegin);
  key.rest |= static_cast<std::uint32_t>(word.size()) << 24;
  return key;
}

std::size_t WordTable::bucket_of(const Key& key) const noexcept {
  // Odd constants without structure (of SplitMix64); the high half of a product depends on all
  // bits.
  std::uint64_t hash = (key.begin ^ (std::uint64_t{key.rest} << 29)) * 0xBF58476D1CE4E5B9U;
  hash = (hash ^ (hash >> 31)) * 0x94D049BB133111EBU;
  return static_cast<std::size_t>(((hash >> 32) * buckets_.size()) >> 32);
}

}  // namespace filigree::tokenizer
