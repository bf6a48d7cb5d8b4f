// How fast this machine does what the cost model counts, measured beside what it predicts: the
// machines that run filigree are shared, and only times of one run can be compared.
//
//   predicted(matrix) = (cost(format) * dense_weight + outputs * gelu_row [ffn in only])
//                       * tokens / 64 / threads
//
// with cost() from kernels/packed_weights.h. It knows the multiplications and the loads and stores
// of the sums, fitted to 768x768 on AVX2 and AVX-512. It does not know: quantising an input,
// reading weights from beyond the second-level cache, panels that are not full, threads that share
// a core or have unequal work, and the scalar kernels (it counts them as AVX2's).
#pragma once

#include <memory>

#include "kernels/kernel_table.h"

namespace filigree::tools {

// Seconds on one thread and one panel of 64 tokens, the least of what was measured.
struct UnitTimes {
  double f32_weight = 0;  // a weight of a dense tile
  double i8_quad = 0;     // four weights of a dense tile
  double gelu_row = 0;    // GELU of one feature
};

class UnitTimer {
 public:
  explicit UnitTimer(const kernels::KernelTable& table);
  ~UnitTimer();
  UnitTimer(const UnitTimer&) = delete;
  UnitTimer& operator=(const UnitTimer&) = delete;

  // Runs each once, some milliseconds in all; to be called between what is predicted.
  void measure();
  const UnitTimes& least() const noexcept { return least_; }

 private:
  struct Work;
  std::unique_ptr<Work> work_;
  UnitTimes least_;
};

}  // namespace filigree::tools
