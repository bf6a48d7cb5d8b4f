// Memory that ends where a protected page begins, so that a kernel which reads or writes after its
// last element dies. AddressSanitizer does not see masked vector loads; the processor does. QEMU
// 7.2 reads the whole register of a masked load: tools/emulate sets FILIGREE_UNGUARDED_MEMORY under
// it, and the page after the memory is then an ordinary one.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <span>

namespace filigree::kernels::testing {

template <class T>
class GuardedMemory {
 public:
  // `count` elements, all zero; 64-byte aligned when their size is a multiple of 64.
  explicit GuardedMemory(std::size_t count) : count_(count) {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t used = (count * sizeof(T) + page - 1) / page * page;
    mapped_ = used + page;
    base_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED) throw std::bad_alloc();
    std::byte* guard = static_cast<std::byte*>(base_) + used;
    const bool guarded = std::getenv("FILIGREE_UNGUARDED_MEMORY") == nullptr;
    if (guarded && mprotect(guard, page, PROT_NONE) != 0) throw std::bad_alloc();
    data_ = reinterpret_cast<T*>(guard - count * sizeof(T));
  }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  ~GuardedMemory() { munmap(base_, mapped_); }

  T* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return count_; }
  T& operator[](std::size_t i) const noexcept { return data_[i]; }
  std::span<T> span() const noexcept { return {data_, count_}; }

 private:
  std::size_t count_;
  std::size_t mapped_ = 0;
  void* base_ = nullptr;
  T* data_ = nullptr;
};

}  // namespace filigree::kernels::testing
