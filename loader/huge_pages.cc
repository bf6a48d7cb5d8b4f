#include "loader/huge_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>

namespace filigree::loader {
namespace {

constexpr std::size_t kPage = std::size_t{2} << 20;
// Large enough that little is lost at the end of a region; memory that nothing touches costs
// nothing.
constexpr std::size_t kRegion = 16 * kPage;

constexpr std::size_t rounded_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Mapped memory that begins at a boundary of huge pages.
std::byte* map_pages(std::size_t bytes) {
  const std::size_t mapped = bytes + kPage;
  void* memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto* const first = static_cast<std::byte*>(memory);
  const std::size_t skipped = rounded_up(reinterpret_cast<std::uintptr_t>(first), kPage) -
                              reinterpret_cast<std::uintptr_t>(first);
  if (skipped > 0) munmap(first, skipped);
  munmap(first + skipped + bytes, kPage - skipped);
  // A system without huge pages refuses, which loses speed only.
  madvise(first + skipped, bytes, MADV_HUGEPAGE);
  return first + skipped;
}

}  // namespace

HugePages::~HugePages() {
  for (const Region& region : regions_) munmap(region.begin, region.bytes);
}

HugePages::Region& HugePages::region_for(std::size_t bytes, std::size_t alignment) {
  const auto fits = [&](const Region& region) {
    const std::size_t begin = rounded_up(region.used, alignment);
    return begin <= region.bytes && bytes <= region.bytes - begin;
  };
  const auto found = std::ranges::find_if(regions_, fits);
  if (found != regions_.end()) return *found;
  regions_.reserve(regions_.size() + 1);
  const std::size_t size = std::max(kRegion, rounded_up(bytes, kPage));
  regions_.push_back({map_pages(size), size, 0});
  if (auto error = place_pages({regions_.back().begin, size}, placement_))
    placement_error_ = std::move(error);
  return regions_.back();
}

void* HugePages::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > std::size_t{1} << 46) throw std::bad_alloc();
  const std::lock_guard lock(mutex_);
  Region& region = region_for(bytes, alignment);
  const std::size_t begin = rounded_up(region.used, alignment);
  region.used = begin + bytes;
  return region.begin + begin;
}

void HugePages::do_deallocate(void* /*memory*/, std::size_t /*bytes*/, std::size_t /*alignment*/) {}

bool HugePages::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

}  // namespace filigree::loader
