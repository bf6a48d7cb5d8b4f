// Loading beside threads that answer. Whatever takes long is done in pieces, and between two of
// them the thread that loads calls give_way(), where it may be made to wait.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

namespace filigree::loader {

// Bytes that are read, copied or hashed between two calls of give_way(): ten microseconds, or a
// quarter of a millisecond where their pages are new to a virtual machine.
inline constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

// While it exists, give_way() calls `wait` on the thread that made it, and on threads that load for
// that one. The innermost scope of a thread holds.
class GiveWayScope {
 public:
  // `wait` outlives the scope and must not throw; several threads may be in it. An empty one is
  // none.
  explicit GiveWayScope(const std::function<void()>& wait) noexcept;
  GiveWayScope(const GiveWayScope&) = delete;
  GiveWayScope& operator=(const GiveWayScope&) = delete;
  ~GiveWayScope();  // on the same thread

 private:
  const std::function<void()>* outer_;
};

// Does nothing outside of every scope.
void give_way() noexcept;

// What give_way() calls on this thread; empty outside of every scope. For the scopes of threads
// that load for this one, and for kernels, which know of none.
const std::function<void()>& current_wait() noexcept;

// Calls work(offset, bytes) for pieces of kPieceBytes one after another, the last one shorter, and
// give_way() after each.
template <class Work>
void in_pieces(std::size_t bytes, Work work) {
  for (std::size_t offset = 0; offset < bytes; offset += kPieceBytes) {
    work(offset, std::min(kPieceBytes, bytes - offset));
    give_way();
  }
}

}  // namespace filigree::loader
