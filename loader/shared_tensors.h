// Equal tensors of different models exist once in the process: the embeddings of one teacher, for
// example, behind all models pruned from it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "loader/tensor.h"

namespace filigree::loader {

// Bytes that any number of models use; goes with the last of them. A model holds one reference to
// it, whatever the number of its tensors there.
struct SharedBlock {
  Tensor tensor;
};

// Smaller tensors are not worth a search.
inline constexpr std::size_t kLeastSharedBytes = std::size_t{64} << 10;

// The block with the bytes of `tensor`, of which `tensor` then is a reference: one that another
// model holds when all bytes are equal, a new one otherwise. Thread-safe; the bytes are compared
// without a lock.
std::shared_ptr<const SharedBlock> share(Tensor& tensor);

// Equal bytes have equal hashes, on every machine of the same byte order.
std::uint64_t content_hash(std::span<const std::byte> bytes) noexcept;

}  // namespace filigree::loader
