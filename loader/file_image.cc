#include "loader/file_image.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "loader/error.h"

namespace filigree::loader {
namespace {

// Small against the weights between two pieces of structure, large against a call to the system.
constexpr std::size_t kBlock = std::size_t{16} << 10;

}  // namespace

FileImage::FileImage(const std::filesystem::path& path) : name_(path.string()) {
  file_ = with_context([&] { return name_ + ": "; },
                       [&] { return std::make_shared<const File>(path); });
  size_ = static_cast<std::size_t>(file_->size());
  if (size_ == 0) return;
  here_.resize((size_ - 1) / kBlock + 1);
  void* const pages = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  pages_ = static_cast<std::byte*>(pages);
}

FileImage::~FileImage() {
  if (pages_ != nullptr) ::munmap(pages_, size_);
}

void FileImage::need(std::span<const std::byte> part) const {
  if (part.empty()) return;
  const auto first = static_cast<std::size_t>(part.data() - pages_);
  const std::size_t end = (first + part.size() - 1) / kBlock + 1;
  for (std::size_t block = first / kBlock; block < end; ++block) {
    if (here_[block]) continue;
    // Neighbours in one go.
    std::size_t stop = block + 1;
    while (stop < end && !here_[stop]) ++stop;
    const std::size_t begin = block * kBlock;
    with_context([&] { return name_ + ": "; },
                 [&] {
                   file_->read(begin, {pages_ + begin, std::min(stop * kBlock, size_) - begin});
                 });
    std::fill(here_.begin() + static_cast<std::ptrdiff_t>(block),
              here_.begin() + static_cast<std::ptrdiff_t>(stop), true);
    block = stop - 1;
  }
}

}  // namespace filigree::loader
