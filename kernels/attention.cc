#include "kernels/attention.h"

#include <algorithm>

#include "kernels/internal/attention_scratch.h"

namespace filigree::kernels {

std::size_t attention_scratch_bytes(std::size_t head_size, std::size_t key_count) noexcept {
  // A head that begins with the last feature of a quad touches the most quads.
  const std::size_t quads = head_quads(3, head_size);
  return std::max({attention_f32_scratch(head_size, key_count, kWideQueryBlock).bytes,
                   attention_i8_scratch(quads, key_count).bytes,
                   attention_vnni_scratch(quads, key_count).bytes});
}

}  // namespace filigree::kernels
