// CumSum, ArgMax, ArgMin, Trilu: operators that walk one axis.
#include <algorithm>
#include <string>

#include "loader/operators/axes.h"
#include "loader/operators/element_type.h"
#include "loader/operators/operators.h"

namespace filigree::loader {
namespace {

// A tensor as [outer, count, inner] around one axis.
struct Lines {
  std::size_t axis, outer, count, inner;
};

Lines lines_of(const Dims& dims, std::int64_t axis) {
  const std::size_t at = normal_axis(axis, dims.size());
  return {at, extent(dims, 0, at), static_cast<std::size_t>(dims[at]),
          extent(dims, at + 1, dims.size())};
}

enum class Extreme { kGreatest, kLeast };

std::vector<Tensor> arg_extreme(const Call& call, Extreme extreme) {
  const Tensor& in = call.input(0);
  const Lines lines = lines_of(in.dims(), int_attribute(call.node, "axis", 0));
  const bool takes_last = int_attribute(call.node, "select_last_index", 0) != 0;
  if (lines.count == 0) throw FormatError("has no elements to choose from");
  Dims dims = in.dims();
  dims[lines.axis] = 1;
  if (int_attribute(call.node, "keepdims", 1) == 0)
    dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(lines.axis));
  return {with_number_type(in.type(), [&]<class T>() {
    Tensor result(DataType::kInt64, dims);
    const auto out = result.mutable_data<std::int64_t>();
    for (std::size_t line = 0; line < out.size(); ++line) {
      const T* const from =
          in.data<T>().data() + line / lines.inner * lines.count * lines.inner + line % lines.inner;
      std::size_t best = 0;
      for (std::size_t i = 1; i < lines.count; ++i) {
        const T value = from[i * lines.inner];
        const T champion = from[best * lines.inner];
        const bool better = extreme == Extreme::kGreatest ? value > champion : value < champion;
        if (better || (takes_last && value == champion)) best = i;
      }
      out[line] = static_cast<std::int64_t>(best);
    }
    return result;
  })};
}

}  // namespace

std::vector<Tensor> cum_sum(const Call& call) {
  const Tensor& in = call.input(0);
  const Lines lines = lines_of(in.dims(), integer_value(call.input(1)));
  const bool is_exclusive = int_attribute(call.node, "exclusive", 0) != 0;
  const bool is_reverse = int_attribute(call.node, "reverse", 0) != 0;
  return {with_type<float, double, std::int32_t, std::int64_t>(in.type(), [&]<class T>() {
    Tensor result(in.type(), in.dims());
    for (std::size_t line = 0; line < lines.outer * lines.inner; ++line) {
      const std::size_t start = line / lines.inner * lines.count * lines.inner + line % lines.inner;
      T sum = 0;
      for (std::size_t step = 0; step < lines.count; ++step) {
        const std::size_t i = is_reverse ? lines.count - 1 - step : step;
        const T value = in.data<T>()[start + i * lines.inner];
        const T next =
            static_cast<T>(static_cast<Wrapping<T>>(sum) + static_cast<Wrapping<T>>(value));
        result.mutable_data<T>()[start + i * lines.inner] = is_exclusive ? sum : next;
        sum = next;
      }
    }
    return result;
  })};
}

std::vector<Tensor> arg_max(const Call& call) { return arg_extreme(call, Extreme::kGreatest); }

std::vector<Tensor> arg_min(const Call& call) { return arg_extreme(call, Extreme::kLeast); }

std::vector<Tensor> trilu(const Call& call) {
  const Tensor& in = call.input(0);
  const std::size_t rank = in.dims().size();
  if (rank < 2) throw FormatError("rank is " + std::to_string(rank) + ", expected at least 2");
  const bool is_upper = int_attribute(call.node, "upper", 1) != 0;
  const std::int64_t diagonal = call.has_input(1) ? integer_value(call.input(1)) : 0;
  const std::int64_t rows = in.dims()[rank - 2];
  const std::int64_t cols = in.dims()[rank - 1];
  const auto width = static_cast<std::int64_t>(element_bytes(in.type()));
  Tensor result(in.type(), in.dims());
  if (result.size() == 0) return {result};
  // Columns from `diagonal + row` on are the upper part; clamped first, so that the sum cannot
  // overflow.
  const std::int64_t shift = std::clamp(diagonal, -rows, cols);
  for (std::int64_t row = 0; row < static_cast<std::int64_t>(in.size()) / cols; ++row) {
    const std::int64_t border = row % rows + shift;
    const std::int64_t begin = is_upper ? std::clamp<std::int64_t>(border, 0, cols) : 0;
    const std::int64_t end = is_upper ? cols : std::clamp<std::int64_t>(border + 1, 0, cols);
    std::copy_n(in.bytes().begin() + (row * cols + begin) * width, (end - begin) * width,
                result.mutable_bytes().begin() + (row * cols + begin) * width);
  }
  return {result};
}

}  // namespace filigree::loader
