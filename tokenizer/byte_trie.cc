#include "tokenizer/byte_trie.h"

#include <algorithm>

namespace filigree::tokenizer {

ByteTrie::ByteTrie(std::vector<std::pair<std::string_view, std::int32_t>> strings) {
  std::sort(strings.begin(), strings.end());
  struct Range {  // the strings below a node, which share their first `depth` bytes
    std::size_t begin;
    std::size_t end;
    std::size_t depth;
  };
  std::vector<Range> ranges{{0, strings.size(), 0}};
  labels_.push_back(0);
  for (std::size_t node = 0; node < ranges.size(); ++node) {
    auto [begin, end, depth] = ranges[node];
    Entry entry{static_cast<std::uint32_t>(ranges.size()), 0, kNoValue};
    for (; begin < end && strings[begin].first.size() == depth; ++begin)
      if (depth > 0) entry.value = strings[begin].second;
    while (begin < end) {
      const char label = strings[begin].first[depth];
      std::size_t same = begin;
      while (same < end && strings[same].first[depth] == label) ++same;
      ranges.push_back({begin, same, depth + 1});
      labels_.push_back(static_cast<unsigned char>(label));
      ++entry.children;
      begin = same;
    }
    entries_.push_back(entry);
  }
  for (Entry& entry : entries_) {
    if (entry.children <= kListLimit) continue;
    const auto table = static_cast<std::uint32_t>(wide_.size() / 256);
    wide_.resize(wide_.size() + 256, kNoNode);
    for (std::uint32_t i = 0; i < entry.children; ++i)
      wide_[(table * 256U) + labels_[entry.first_child + i]] = entry.first_child + i;
    entry.children = kWide | table;
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
