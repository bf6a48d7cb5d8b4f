// NumPy broadcasting: operands of one result shape, where a dimension of 1 repeats.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "loader/operators/axes.h"

namespace filigree::loader {

// Throws FormatError when the shapes do not fit.
Dims broadcast_dims(const Dims& a, const Dims& b);

// Strides of an operand inside the result: 0 where it repeats. Requires that `operand` broadcasts
// to `result`.
std::vector<std::int64_t> broadcast_strides(const Dims& operand, const Dims& result);

// Walks a result in row-major order in runs along which every operand has one stride, 0 or 1.
template <std::size_t N>
class BroadcastLoop {
 public:
  using Offsets = std::array<std::size_t, N>;

  // Requires that every operand broadcasts to `result`.
  BroadcastLoop(const Dims& result, const std::array<const Dims*, N>& operands);

  // body(position in the result, positions in the operands, run length, strides in the run).
  template <class Body>
  void run(const Body& body) const {
    if (run_ == 0) return;
    std::vector<std::size_t> index(outer_.size(), 0);
    Offsets offsets{};
    for (std::size_t position = 0; position < total_; position += run_) {
      body(position, offsets, run_, run_strides_);
      advance(index, offsets);
    }
  }

 private:
  struct Dimension {
    std::size_t size;
    Offsets strides;
  };

  void add(const Dimension& dimension);
  void advance(std::vector<std::size_t>& index, Offsets& offsets) const {
    for (std::size_t d = outer_.size(); d-- > 0;) {
      for (std::size_t n = 0; n < N; ++n) offsets[n] += outer_[d].strides[n];
      if (++index[d] < outer_[d].size) return;
      index[d] = 0;
      for (std::size_t n = 0; n < N; ++n) offsets[n] -= outer_[d].size * outer_[d].strides[n];
    }
  }

  std::vector<Dimension> outer_;  // outermost first
  std::size_t run_ = 1;
  std::size_t total_ = 1;
  Offsets run_strides_{};
};

extern template class BroadcastLoop<1>;
extern template class BroadcastLoop<2>;
extern template class BroadcastLoop<3>;

}  // namespace filigree::loader
