#include "loader/operators/broadcast.h"

#include <algorithm>

namespace filigree::loader {

Dims broadcast_dims(const Dims& a, const Dims& b) {
  Dims result(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < result.size(); ++i) {  // from the last dimension
    const std::int64_t in_a = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t in_b = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (in_a != in_b && in_a != 1 && in_b != 1)
      throw FormatError("shapes " + shape_text(a) + " and " + shape_text(b) +
                        " do not broadcast to each other");
    result[result.size() - 1 - i] = in_a == 1 ? in_b : in_a;
  }
  return result;
}

std::vector<std::int64_t> broadcast_strides(const Dims& operand, const Dims& result) {
  std::vector<std::int64_t> strides(result.size(), 0);
  const auto own = row_major_strides(operand);
  const std::size_t missing = result.size() - operand.size();
  for (std::size_t i = 0; i < operand.size(); ++i)
    strides[missing + i] = operand[i] == 1 ? 0 : own[i];
  return strides;
}

template <std::size_t N>
BroadcastLoop<N>::BroadcastLoop(const Dims& result, const std::array<const Dims*, N>& operands) {
  std::array<std::vector<std::int64_t>, N> strides;
  for (std::size_t n = 0; n < N; ++n) strides[n] = broadcast_strides(*operands[n], result);
  for (std::size_t d = 0; d < result.size(); ++d) {
    total_ *= static_cast<std::size_t>(result[d]);
    if (result[d] == 1) continue;
    Dimension dimension{static_cast<std::size_t>(result[d]), {}};
    for (std::size_t n = 0; n < N; ++n)
      dimension.strides[n] = static_cast<std::size_t>(strides[n][d]);
    add(dimension);
  }
  if (!outer_.empty()) {
    run_ = outer_.back().size;
    run_strides_ = outer_.back().strides;
    outer_.pop_back();
  }
  if (total_ == 0) run_ = 0;
}

// Joins a dimension with the one around it where every operand walks both as one.
template <std::size_t N>
void BroadcastLoop<N>::add(const Dimension& dimension) {
  bool joins = !outer_.empty();
  for (std::size_t n = 0; n < N && joins; ++n)
    joins = outer_.back().strides[n] == dimension.size * dimension.strides[n];
  if (joins)
    outer_.back() = {outer_.back().size * dimension.size, dimension.strides};
  else
    outer_.push_back(dimension);
}

template class BroadcastLoop<1>;
template class BroadcastLoop<2>;
template class BroadcastLoop<3>;

}  // namespace filigree::loader
