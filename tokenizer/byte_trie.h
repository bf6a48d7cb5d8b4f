// Set of byte strings with values, for longest-prefix search. Nodes are numbered breadth first, so
// that the children of a node are neighbours and their labels lie together.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace filigree::tokenizer {

// Immutable and thread-safe after construction.
class ByteTrie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNoNode = 0xFFFFFFFF;
  static constexpr std::int32_t kNoValue = -1;

  struct Match {
    std::size_t length = 0;  // 0: none
    std::int32_t value = kNoValue;
    std::size_t steps = 0;  // bytes looked at
  };

  // Strings need not be sorted; empty ones are left out; of equal ones one is kept. Values are >=
  // 0.
  // `between_pieces` is called between pieces of work (tokenizer/pieces.h); empty: nothing is.
  explicit ByteTrie(std::vector<std::pair<std::string_view, std::int32_t>> strings,
                    const std::function<void()>& between_pieces = {});

  // The node reached from the root by `prefix`, or kNoNode.
  Node descend(std::string_view prefix) const noexcept;

  // The longest string below `from` that `text` starts with; the path to `from` does not count.
  // `from` may be kNoNode: then there is none.
  Match longest(Node from, std::string_view text) const noexcept;

  // Whether some string starts with this byte.
  bool starts_with(unsigned char byte) const noexcept { return child(kRoot, byte) != kNoNode; }

 private:
  struct Entry {
    std::uint32_t first_child;  // of wide nodes: index into wide_
    std::int32_t value;
    unsigned char label;     // of the edge into this node
    unsigned char children;  // count, or kWide
  };
  // A node with more children than kListLimit has a table instead of a list. What it says is right
  // when the label there is the byte asked for.
  struct Wide {
    std::uint32_t first_child;
    std::array<unsigned char, 256> offset;  // from the first child, by byte; 0 where there is none
  };
  static constexpr unsigned char kListLimit = 8;
  static constexpr unsigned char kWide = 255;

  Node child(Node node, unsigned char byte) const noexcept {
    const Entry& entry = entries_[node];
    if (entry.children == kWide) {
      const Wide& wide = wide_[entry.first_child];
      const Node found = wide.first_child + wide.offset[byte];
      return entries_[found].label == byte ? found : kNoNode;
    }
    for (std::uint32_t i = entry.first_child; i < entry.first_child + entry.children; ++i)
      if (entries_[i].label == byte) return i;
    return kNoNode;
  }

  std::vector<Entry> entries_;
  std::vector<Wide> wide_;
};

}  // namespace filigree::tokenizer
