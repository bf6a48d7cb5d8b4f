#include "kernels/aligned_buffer.h"

#include <cstring>
#include <utility>

namespace filigree::kernels {

AlignedBuffer::AlignedBuffer(std::size_t bytes, std::pmr::memory_resource* memory)
    : memory_(memory != nullptr ? memory : std::pmr::new_delete_resource()),
      data_(static_cast<std::byte*>(memory_->allocate(bytes, kAlignment))),
      size_(bytes) {
  std::memset(data_, 0, bytes);
}

AlignedBuffer::AlignedBuffer(AlignedBuffer&& other) noexcept
    : memory_(other.memory_),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

AlignedBuffer& AlignedBuffer::operator=(AlignedBuffer&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

AlignedBuffer::~AlignedBuffer() {
  if (data_ != nullptr) memory_->deallocate(data_, size_, kAlignment);
}

}  // namespace filigree::kernels
