// Memory in huge pages (2 MB) where the system gives them: packed weights are read once per pass,
// and a virtual machine spends more time on finding 4 KB pages than on reading them (50 MB at 5
// instead of 27 GB/s, measured).
#pragma once

#include <cstddef>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loader/page_placement.h"

namespace filigree::loader {

// Hands out memory from regions of its own and gives it back to the system as a whole, when
// destroyed. Thread-safe.
class HugePages final : public std::pmr::memory_resource {
 public:
  explicit HugePages(PagePlacement placement = {}) : placement_(std::move(placement)) {}
  HugePages(const HugePages&) = delete;
  HugePages& operator=(const HugePages&) = delete;
  ~HugePages() override;

  // Why memory does not lie where it should. Not while another thread allocates.
  const std::optional<std::string>& placement_error() const noexcept { return placement_error_; }

 private:
  struct Region {
    std::byte* begin;
    std::size_t bytes;  // mapped
    std::size_t used;
  };

  // Throws std::bad_alloc. Alignments up to that of a page.
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  Region& region_for(std::size_t bytes, std::size_t alignment);

  const PagePlacement placement_;
  std::mutex mutex_;
  std::optional<std::string> placement_error_;
  std::vector<Region> regions_;
};

}  // namespace filigree::loader
