// Byte strings of a vocabulary, found with few looks at memory that do not wait for one another:
// after a pass of the model nothing of a trie is in the caches any more, and its steps would each
// wait for memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <utility>
#include <vector>

namespace filigree::tokenizer {

// Immutable and thread-safe.
class WordTable {
 public:
  static constexpr std::int32_t kNoValue = -1;
  static constexpr std::size_t kMostBytes = 27;  // a word, its length and its value fill 32 bytes

  struct Match {
    std::size_t length = 0;  // 0: none
    std::int32_t value = kNoValue;
  };

  using Words = std::vector<std::pair<std::string_view, std::int32_t>>;
  // Empty and longer words are left out; of equal ones the first is kept. Values are >= 0. `memory`
  // outlives the table.
  explicit WordTable(const Words& words,
                     std::pmr::memory_resource* memory = std::pmr::get_default_resource());

  // Whether words were left out because they are longer than kMostBytes.
  bool has_longer() const noexcept { return has_longer_; }

  // Fetches what find() will look at for the words of `text` into the caches, all at once. A guess
  // (ASCII letters and digits in a row, lower case), and nothing but time depends on it.
  void prefetch(std::string_view text) const noexcept;

  // kNoValue: not in the table.
  std::int32_t find(std::string_view word) const noexcept;

  // Bytes of the longest word in the table; as many prefixes of a text longest() looks at.
  std::size_t most_bytes() const noexcept { return most_bytes_; }

  // The longest word of the table that `text` starts with. Fetches what it looks at at once.
  Match longest(std::string_view text) const noexcept;

 private:
  // The bytes of a word, then zeros; the last byte is the length. Parts: of eight bytes, little
  // endian, and one of four.
  template <std::size_t kParts>
  struct Key {
    std::array<std::uint64_t, kParts> parts{};
    std::uint32_t rest = 0;
    bool operator==(const Key&) const = default;
  };

  // Open addressing over lines of the caches: a word that finds its line full is in one of the
  // next.
  template <std::size_t kParts>
  class Table {
   public:
    static constexpr std::size_t kMostBytes = 8 * kParts + 3;

    Table(std::size_t words, std::pmr::memory_resource* memory);
    void add(const Key<kParts>& key, std::int32_t value);
    std::int32_t find(const Key<kParts>& key) const noexcept;
    void prefetch(const Key<kParts>& key) const noexcept {
      __builtin_prefetch(&lines_[line_of(key)]);
    }

   private:
    struct Slot {
      Key<kParts> key;
      std::int32_t value = kNoValue;
    };
    static constexpr std::size_t kSlots = 64 / sizeof(Slot);
    struct alignas(64) Line {
      std::array<Slot, kSlots> slots;
    };

    std::size_t line_of(const Key<kParts>& key) const noexcept;

    std::pmr::vector<Line> lines_;  // never full
  };

  class Prefixes;

  Table<1> short_;
  Table<3> long_;
  std::size_t most_bytes_ = 0;
  bool has_longer_ = false;
};

}  // namespace filigree::tokenizer
