// Owning byte storage that starts at a 64-byte boundary and, when new, is zeroed. Move-only.
#pragma once

#include <cstddef>
#include <memory_resource>

namespace filigree::kernels {

class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;

  AlignedBuffer() = default;
  // `memory` outlives the buffer; null is operator new. Throws what it throws, std::bad_alloc when
  // there is no memory.
  explicit AlignedBuffer(std::size_t bytes, std::pmr::memory_resource* memory = nullptr);
  // Takes over `bytes` bytes that `memory` allocated with kAlignment, as they are.
  AlignedBuffer(std::byte* data, std::size_t bytes, std::pmr::memory_resource& memory) noexcept
      : memory_(&memory), data_(data), size_(bytes) {}
  // A moved-from buffer is empty.
  AlignedBuffer(AlignedBuffer&& other) noexcept;
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept;
  ~AlignedBuffer();

  std::byte* data() noexcept { return data_; }
  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  template <class T>
  T* as() noexcept {
    return reinterpret_cast<T*>(data_);
  }
  template <class T>
  const T* as() const noexcept {
    return reinterpret_cast<const T*>(data_);
  }

 private:
  std::pmr::memory_resource* memory_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace filigree::kernels
