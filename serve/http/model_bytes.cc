#include "serve/http/model_bytes.h"

#include <algorithm>
#include <unordered_set>

namespace filigree::serve {

ModelBytes model_bytes(const loader::Model& model) noexcept {
  // Another model may begin to share between two readings; one of them must do.
  const std::size_t shared = std::min(loader::shared_bytes(model), model.memory_bytes);
  return {.own = model.memory_bytes - shared, .shared = shared};
}

std::size_t total_bytes(std::span<const std::shared_ptr<const loader::Model>> models) {
  std::unordered_set<const void*> counted;
  std::size_t bytes = 0;
  for (const auto& model : models) {
    if (!counted.insert(model.get()).second) continue;
    bytes += model->memory_bytes;
    for (const auto& block : model->blocks)
      if (!counted.insert(block.get()).second) bytes -= block->tensor.bytes().size();
  }
  return bytes;
}

}  // namespace filigree::serve
