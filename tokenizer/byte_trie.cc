#include "tokenizer/byte_trie.h"

#include <algorithm>

#include "tokenizer/pieces.h"

namespace filigree::tokenizer {

ByteTrie::ByteTrie(std::vector<std::pair<std::string_view, std::int32_t>> strings,
                   const std::function<void()>& between_pieces) {
  // A token is as much work as ten comparisons.
  constexpr std::size_t kComparisons = 10;
  Pieces pieces(between_pieces);
  std::size_t comparisons = 0;
  std::sort(strings.begin(), strings.end(), [&](const auto& a, const auto& b) {
    if (++comparisons % kComparisons == 0) pieces.add();
    return a < b;
  });
  struct Range {  // the strings below a node, which share their first `depth` bytes
    std::size_t begin;
    std::size_t end;
    std::size_t depth;
    unsigned char label;
  };
  std::vector<Range> ranges{{0, strings.size(), 0, 0}};
  for (std::size_t node = 0; node < ranges.size(); ++node) {
    pieces.add();
    auto [begin, end, depth, node_label] = ranges[node];
    const auto first_child = static_cast<std::uint32_t>(ranges.size());
    std::int32_t value = kNoValue;
    for (; begin < end && strings[begin].first.size() == depth; ++begin)
      if (depth > 0) value = strings[begin].second;
    while (begin < end) {
      const char label = strings[begin].first[depth];
      std::size_t same = begin;
      while (same < end && strings[same].first[depth] == label) ++same;
      ranges.push_back({begin, same, depth + 1, static_cast<unsigned char>(label)});
      begin = same;
    }
    const std::size_t children = ranges.size() - first_child;
    if (children <= kListLimit) {
      entries_.push_back({first_child, value, node_label, static_cast<unsigned char>(children)});
      continue;
    }
    entries_.push_back({static_cast<std::uint32_t>(wide_.size()), value, node_label, kWide});
    Wide& wide = wide_.emplace_back(Wide{first_child, {}});
    for (std::size_t i = 0; i < children; ++i)
      wide.offset[ranges[first_child + i].label] = static_cast<unsigned char>(i);
  }
}

ByteTrie::Node ByteTrie::descend(std::string_view prefix) const noexcept {
  Node node = kRoot;
  for (const char byte : prefix) {
    node = child(node, static_cast<unsigned char>(byte));
    if (node == kNoNode) break;
  }
  return node;
}

ByteTrie::Match ByteTrie::longest(Node from, std::string_view text) const noexcept {
  Match best;
  if (from == kNoNode) return best;
  Node node = from;
  for (std::size_t length = 1; length <= text.size(); ++length) {
    ++best.steps;
    node = child(node, static_cast<unsigned char>(text[length - 1]));
    if (node == kNoNode) break;
    if (entries_[node].value != kNoValue) {
      best.length = length;
      best.value = entries_[node].value;
    }
  }
  return best;
}

}  // namespace filigree::tokenizer
