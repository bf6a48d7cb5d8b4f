// Short words of a vocabulary as they are, found with one look at memory: most words of a text are
// tokens as a whole, and after a pass of the model nothing of a trie is in the caches any more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace filigree::tokenizer {

// Immutable and thread-safe.
class WordTable {
 public:
  static constexpr std::int32_t kNoValue = -1;
  static constexpr std::size_t kMostBytes = 11;  // a word, its length and its value fill 16 bytes

  // Empty and longer words are left out, and some others that find no room. Values are >= 0.
  explicit WordTable(const std::vector<std::pair<std::string_view, std::int32_t>>& words);

  // Fetches what find() will look at for the words of `text` into the caches, all at once: one
  // after another they would each wait for memory. A guess (ASCII letters and digits in a row,
  // lower case), and nothing but time depends on it.
  void prefetch(std::string_view text) const noexcept;

  // kNoValue says nothing about words that may have been left out.
  std::int32_t find(std::string_view word) const noexcept;

 private:
  struct Key {
    std::uint64_t begin = 0;  // the first eight bytes
    std::uint32_t rest = 0;   // three more, and the length
    bool operator==(const Key&) const = default;
  };
  struct Slot {
    std::uint64_t begin = 0;
    std::uint32_t rest = 0;
    std::int32_t value = kNoValue;
  };
  struct alignas(64) Bucket {  // a line of the caches
    std::array<Slot, 4> slots;
  };

  static Key key_of(std::string_view word) noexcept;
  std::size_t bucket_of(const Key& key) const noexcept;

  std::vector<Bucket> buckets_;  // never empty
};

}  // namespace filigree::tokenizer
