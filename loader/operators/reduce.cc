// ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceProd, ReduceSumSquare, ReduceL2. Every result
// is accumulated in its own element type, over its inputs in row-major order.
#include <cmath>
#include <numeric>
#include <string>

#include "loader/operators/broadcast.h"
#include "loader/operators/element_type.h"
#include "loader/operators/operators.h"

namespace filigree::loader {
namespace {

struct Shape {
  Dims kept;                // reduced dimensions are 1
  Dims result;              // the same, or without them
  std::size_t reduced = 1;  // inputs of one result
};

Shape reduced_shape(const Call& call) {
  const Dims& dims = call.input(0).dims();
  auto axes = axes_parameter(call, 1).value_or(std::vector<std::int64_t>{});
  if (axes.empty() && int_attribute(call.node, "noop_with_empty_axes", 0) == 0) {
    axes.resize(dims.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  Shape shape{.kept = dims, .result = {}};
  for (const std::size_t axis : normal_axes(axes, dims.size())) {
    shape.reduced *= static_cast<std::size_t>(dims[axis]);
    shape.kept[axis] = -1;  // marks the axis
  }
  const bool keeps = int_attribute(call.node, "keepdims", 1) != 0;
  for (std::int64_t& dim : shape.kept) {
    if (dim != -1 || keeps) shape.result.push_back(dim == -1 ? 1 : dim);
    if (dim == -1) dim = 1;
  }
  return shape;
}

// sums[...] = step(sums[...], x) for every x.
template <class T, class Step>
Tensor fold(const Tensor& in, const Shape& shape, T start, const Step& step) {
  Tensor result(in.type(), shape.kept);
  T* const sums = result.mutable_data<T>().data();
  std::fill_n(sums, result.size(), start);
  const T* const all = in.data<T>().data();
  const BroadcastLoop<1> loop(in.dims(), {&shape.kept});
  loop.run([&](std::size_t position, const auto& at, std::size_t count, const auto& strides) {
    const T* const from = all + position;
    T* const to = sums + at[0];
    if (strides[0] == 0) {
      T sum = *to;
      for (std::size_t i = 0; i < count; ++i) sum = step(sum, from[i]);
      *to = sum;
    } else {
      for (std::size_t i = 0; i < count; ++i) to[i] = step(to[i], from[i]);
    }
  });
  return result.reshaped(shape.result);
}

template <class T>
T plus(T a, T b) {
  return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
}

template <class T>
T times(T a, T b) {
  return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
}

// `action` gets the shape and a value of the element type, which it uses only as a type.
template <class Action>
std::vector<Tensor> reduce(const Call& call, const Action& action) {
  const Shape shape = reduced_shape(call);
  return {with_number_type(call.input(0).type(),
                           [&]<class T>() { return action(call.input(0), shape, T{}); })};
}

template <class T, class Better>
Tensor extreme(const Tensor& in, const Shape& shape, T start, const Better& better) {
  if (shape.reduced == 0) throw FormatError("has no elements to take the extreme of");
  return fold<T>(in, shape, start, [&](T a, T b) { return better(b, a) || b != b ? b : a; });
}

}  // namespace

std::vector<Tensor> reduce_sum(const Call& call) {
  return reduce(call, []<class T>(const Tensor& in, const Shape& shape, T) {
    return fold<T>(in, shape, T{0}, plus<T>);
  });
}

std::vector<Tensor> reduce_mean(const Call& call) {
  return reduce(call, []<class T>(const Tensor& in, const Shape& shape, T) {
    Tensor result = fold<T>(in, shape, T{0}, plus<T>);
    if (std::is_integral_v<T> && shape.reduced == 0)
      throw FormatError("has no elements to take the mean of");
    using Divisor = std::conditional_t<std::is_integral_v<T>, std::int64_t, T>;
    for (T& sum : result.mutable_data<T>())
      sum = static_cast<T>(static_cast<Divisor>(sum) / static_cast<Divisor>(shape.reduced));
    return result;
  });
}

std::vector<Tensor> reduce_max(const Call& call) {
  return reduce(call, []<class T>(const Tensor& in, const Shape& shape, T) {
    const T start = std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::lowest();
    return extreme<T>(in, shape, start, [](T a, T b) { return a > b; });
  });
}

std::vector<Tensor> reduce_min(const Call& call) {
  return reduce(call, []<class T>(const Tensor& in, const Shape& shape, T) {
    const T start = std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::max();
    return extreme<T>(in, shape, start, [](T a, T b) { return a < b; });
  });
}

std::vector<Tensor> reduce_prod(const Call& call) {
  return reduce(call, []<class T>(const Tensor& in, const Shape& shape, T) {
    return fold<T>(in, shape, T{1}, times<T>);
  });
}

std::vector<Tensor> reduce_sum_square(const Call& call) {
  return reduce(call, []<class T>(const Tensor& in, const Shape& shape, T) {
    return fold<T>(in, shape, T{0}, [](T sum, T x) { return plus<T>(sum, times<T>(x, x)); });
  });
}

std::vector<Tensor> reduce_l2(const Call& call) {
  const Shape shape = reduced_shape(call);
  return {with_real_type(call.input(0).type(), [&]<class T>() {
    Tensor result = fold<T>(call.input(0), shape, T{0}, [](T sum, T x) { return sum + x * x; });
    for (T& sum : result.mutable_data<T>()) sum = std::sqrt(sum);
    return result;
  })};
}

}  // namespace filigree::loader
