// Attention of one head over a whole sequence in fp32, with random content in [-1, 1].
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/aligned_buffer.h"
#include "kernels/kernel_table.h"

namespace filigree::bench {

// The panels of a sequence that begins at the first lane of a panel.
std::vector<kernels::TokenSegment> whole_panels(std::size_t tokens);

class FloatAttention {
 public:
  FloatAttention(std::size_t tokens, std::size_t head_size);

  void run(const kernels::KernelTable& table);  // all queries
  const kernels::AlignedBuffer& out() const noexcept { return out_; }

 private:
  std::size_t tokens_;
  std::size_t head_size_;
  std::vector<kernels::TokenSegment> segments_;
  std::vector<kernels::AlignedBuffer> matrices_;  // q, k, v
  kernels::AlignedBuffer scratch_;
  kernels::AlignedBuffer out_;
};

}  // namespace filigree::bench
