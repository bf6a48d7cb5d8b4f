// On which NUMA nodes memory lies.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace filigree::loader {

struct PagePlacement {
  // kPreferred: on nodes[0], elsewhere only when that is full (a strict binding would have the
  // system kill the process then). kInterleaved: page by page on all of `nodes`.
  enum class Policy { kSystem, kPreferred, kInterleaved } policy = Policy::kSystem;
  std::vector<int> nodes = {};  // ascending; not looked at by kSystem
};

// Says where the pages of `memory`, which nothing has touched yet, are to lie. Returns why that
// cannot be had, or nullopt. `memory` begins at a page.
std::optional<std::string> place_pages(std::span<std::byte> memory, const PagePlacement& placement);

// How many bytes of the 4 KB pages of `memory` lie on nodes that are not among `nodes`; nullopt
// when the system does not say. Pages that nothing has touched lie nowhere.
std::optional<std::size_t> bytes_elsewhere(std::span<const std::byte> memory,
                                           const std::vector<int>& nodes);

// What a model's packed weights ask for.
struct WeightPlacement {
  // kReplicated: a copy on each of `nodes`.
  enum class Policy { kSystem, kInterleaved, kReplicated } policy = Policy::kSystem;
  std::vector<int> nodes = {};  // ascending; not looked at by kSystem

  // Of the first copy, or the only one.
  PagePlacement pages() const;
};

}  // namespace filigree::loader
