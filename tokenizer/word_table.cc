#include "tokenizer/word_table.h"

#include <algorithm>
#include <cstring>

namespace filigree::tokenizer {
namespace {

constexpr std::size_t kShort = 11;  // bytes of the longest word of short_

// The words whose lengths are at most `most` and more than `least`.
std::size_t count_words(const WordTable::Words& words, std::size_t least, std::size_t most) {
  const auto count = std::ranges::count_if(words, [&](const auto& word) {
    return word.first.size() > least && word.first.size() <= most;
  });
  return static_cast<std::size_t>(count);
}

constexpr std::uint64_t first_bytes(std::uint64_t part, std::size_t bytes) {
  return bytes >= 8 ? part : part & ((std::uint64_t{1} << (8 * bytes)) - 1);
}

}  // namespace

// The first bytes of a text, from which the keys of all its prefixes follow.
class WordTable::Prefixes {
 public:
  explicit Prefixes(std::string_view text) noexcept
      : bytes_(std::min(text.size(), WordTable::kMostBytes)) {
    std::memcpy(parts_.data(), text.data(), bytes_);
  }

  std::size_t bytes() const noexcept { return bytes_; }

  // Precondition: bytes <= bytes() and <= 8 * kParts + 3.
  template <std::size_t kParts>
  Key<kParts> key(std::size_t bytes) const noexcept {
    Key<kParts> key;
    for (std::size_t i = 0; i < kParts; ++i)
      key.parts[i] = bytes > 8 * i ? first_bytes(parts_[i], bytes - 8 * i) : 0;
    if (bytes > 8 * kParts)
      key.rest = static_cast<std::uint32_t>(first_bytes(parts_[kParts], bytes - 8 * kParts));
    key.rest |= static_cast<std::uint32_t>(bytes) << 24;
    return key;
  }

 private:
  std::array<std::uint64_t, 4> parts_{};
  std::size_t bytes_;
};

template <std::size_t kParts>
WordTable::Table<kParts>::Table(std::size_t words, std::pmr::memory_resource* memory)
    : lines_(words * 2 / kSlots + 1, memory) {}

template <std::size_t kParts>
void WordTable::Table<kParts>::add(const Key<kParts>& key, std::int32_t value) {
  for (std::size_t line = line_of(key);; line = line + 1 == lines_.size() ? 0 : line + 1) {
    for (Slot& slot : lines_[line].slots) {
      if (slot.value != kNoValue && slot.key == key) return;
      if (slot.value != kNoValue) continue;
      slot = {key, value};
      return;
    }
  }
}

template <std::size_t kParts>
std::int32_t WordTable::Table<kParts>::find(const Key<kParts>& key) const noexcept {
  for (std::size_t line = line_of(key);; line = line + 1 == lines_.size() ? 0 : line + 1) {
    for (const Slot& slot : lines_[line].slots)
      if (slot.key == key || slot.value == kNoValue) return slot.value;
  }
}

template <std::size_t kParts>
std::size_t WordTable::Table<kParts>::line_of(const Key<kParts>& key) const noexcept {
  // Odd constants without structure (of SplitMix64); the high half of a product depends on all
  // bits.
  std::uint64_t hash = std::uint64_t{key.rest} << 29;
  for (const std::uint64_t part : key.parts) {
    hash = (hash ^ part) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ (hash >> 31)) * 0x94D049BB133111EBU;
  }
  return static_cast<std::size_t>(((hash >> 32) * lines_.size()) >> 32);
}

WordTable::WordTable(const Words& words, std::pmr::memory_resource* memory)
    : short_(count_words(words, 0, kShort), memory),
      long_(count_words(words, kShort, kMostBytes), memory) {
  static_assert(kShort == Table<1>::kMostBytes && kMostBytes == Table<3>::kMostBytes);
  for (const auto& [word, value] : words) {
    if (word.size() <= kMostBytes) most_bytes_ = std::max(most_bytes_, word.size());
    if (word.empty()) continue;
    if (word.size() <= kShort)
      short_.add(Prefixes(word).key<1>(word.size()), value);
    else if (word.size() <= kMostBytes)
      long_.add(Prefixes(word).key<3>(word.size()), value);
    else
      has_longer_ = true;
  }
}

void WordTable::prefetch(std::string_view text) const noexcept {
  std::array<char, kMostBytes> word;
  std::size_t bytes = 0;
  const auto end_word = [&] {
    const Prefixes prefixes({word.data(), std::min(bytes, kMostBytes)});
    if (bytes != 0 && bytes <= kShort) short_.prefetch(prefixes.key<1>(bytes));
    if (bytes > kShort && bytes <= kMostBytes) long_.prefetch(prefixes.key<3>(bytes));
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
  const Prefixes prefixes(word);
  return word.size() <= kShort ? short_.find(prefixes.key<1>(word.size()))
                               : long_.find(prefixes.key<3>(word.size()));
}

WordTable::Match WordTable::longest(std::string_view text) const noexcept {
  const Prefixes prefixes(text.substr(0, most_bytes_));
  const std::size_t most = std::min(prefixes.bytes(), kShort);
  for (std::size_t bytes = kShort + 1; bytes <= prefixes.bytes(); ++bytes)
    long_.prefetch(prefixes.key<3>(bytes));
  for (std::size_t bytes = 1; bytes <= most; ++bytes) short_.prefetch(prefixes.key<1>(bytes));
  for (std::size_t bytes = prefixes.bytes(); bytes > kShort; --bytes)
    if (const auto value = long_.find(prefixes.key<3>(bytes)); value != kNoValue)
      return {bytes, value};
  for (std::size_t bytes = most; bytes > 0; --bytes)
    if (const auto value = short_.find(prefixes.key<1>(bytes)); value != kNoValue)
      return {bytes, value};
  return {};
}

}  // namespace filigree::tokenizer
