#include "loader/page_placement.h"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace filigree::loader {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kMaskBits = 8 * sizeof(unsigned long);

std::vector<unsigned long> mask_of(const std::vector<int>& nodes) {
  const auto last = static_cast<std::size_t>(*std::ranges::max_element(nodes));
  std::vector<unsigned long> mask(last / kMaskBits + 1);
  for (const int node : nodes) {
    const auto bit = static_cast<std::size_t>(node);
    mask[bit / kMaskBits] |= 1UL << (bit % kMaskBits);
  }
  return mask;
}

std::string node_list(const std::vector<int>& nodes) {
  std::string text;
  for (const int node : nodes) text += (text.empty() ? "" : ", ") + std::to_string(node);
  return text;
}

}  // namespace

// The system calls themselves: all that libnuma would add is finding the nodes, which runtime does.
std::optional<std::string> place_pages(std::span<std::byte> memory,
                                       const PagePlacement& placement) {
  if (placement.policy == PagePlacement::Policy::kSystem) return std::nullopt;
  const bool interleave = placement.policy == PagePlacement::Policy::kInterleaved;
  std::vector<int> nodes = placement.nodes;
  if (!interleave) nodes.resize(1);
  const std::vector<unsigned long> mask = mask_of(nodes);
  // The kernel takes one bit less than it is told.
  if (syscall(SYS_mbind, memory.data(), memory.size(),
              interleave ? MPOL_INTERLEAVE : MPOL_PREFERRED, mask.data(),
              mask.size() * kMaskBits + 1, 0) == 0)
    return std::nullopt;
  return std::string(interleave ? "memory cannot be interleaved on NUMA nodes "
                                : "memory cannot be placed on NUMA node ") +
         node_list(nodes) + ": " + std::generic_category().message(errno);
}

std::optional<std::size_t> bytes_elsewhere(std::span<const std::byte> memory,
                                           const std::vector<int>& nodes) {
  constexpr std::size_t kPagesPerCall = 4096;
  std::vector<const void*> pages;
  std::vector<int> status;
  std::size_t elsewhere = 0;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
  const std::byte* page = memory.data() - begin % kPage;
  const std::byte* const end = memory.data() + memory.size();
  while (page < end) {
    pages.clear();
    for (; page < end && pages.size() < kPagesPerCall; page += kPage) pages.push_back(page);
    status.assign(pages.size(), 0);
    // Without target nodes it moves nothing and writes the node, or a negative error, of each page.
    if (syscall(SYS_move_pages, 0, pages.size(), pages.data(), nullptr, status.data(), 0) != 0)
      return std::nullopt;
    for (const int node : status)
      if (node >= 0 && std::ranges::find(nodes, node) == nodes.end()) elsewhere += kPage;
  }
  return elsewhere;
}

PagePlacement WeightPlacement::pages() const {
  if (policy == Policy::kInterleaved) return {PagePlacement::Policy::kInterleaved, nodes};
  if (policy == Policy::kReplicated) return {PagePlacement::Policy::kPreferred, {nodes.front()}};
  return {};
}

}  // namespace filigree::loader
