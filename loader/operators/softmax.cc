// Softmax, LogSoftmax.
#include <cmath>

#include "loader/operators/axes.h"
#include "loader/operators/element_type.h"
#include "loader/operators/operators.h"

namespace filigree::loader {
namespace {

enum class Form { kPlain, kLogarithm };

// `count` elements `stride` apart. The sum runs in ascending order in T.
template <class T>
void softmax_row(const T* in, std::size_t count, std::size_t stride, Form form, T* out) {
  T greatest = in[0];
  for (std::size_t i = 1; i < count; ++i)
    greatest = in[i * stride] > greatest ? in[i * stride] : greatest;
  T sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const T shifted = in[i * stride] - greatest;
    const T power = static_cast<T>(std::exp(static_cast<double>(shifted)));
    out[i * stride] = form == Form::kPlain ? power : shifted;
    sum += power;
  }
  const T log_sum = static_cast<T>(std::log(static_cast<double>(sum)));
  for (std::size_t i = 0; i < count; ++i)
    out[i * stride] = form == Form::kPlain ? out[i * stride] / sum : out[i * stride] - log_sum;
}

std::vector<Tensor> softmax_of(const Call& call, Form form) {
  const Tensor& in = call.input(0);
  const std::size_t rank = in.dims().size();
  // Before opset 13 everything from `axis` on is one row.
  const bool flattens = call.opset < 13;
  const std::size_t axis = normal_axis(int_attribute(call.node, "axis", flattens ? 1 : -1), rank);
  const std::size_t end = flattens ? rank : axis + 1;
  const std::size_t count = extent(in.dims(), axis, end);
  const std::size_t inner = extent(in.dims(), end, rank);
  return {with_real_type(in.type(), [&]<class T>() {
    Tensor result(in.type(), in.dims());
    if (result.size() == 0) return result;
    for (std::size_t outer = 0; outer < in.size(); outer += count * inner)
      for (std::size_t i = 0; i < inner; ++i)
        softmax_row(in.data<T>().data() + outer + i, count, inner, form,
                    result.mutable_data<T>().data() + outer + i);
    return result;
  })};
}

}  // namespace

std::vector<Tensor> softmax(const Call& call) { return softmax_of(call, Form::kPlain); }

std::vector<Tensor> log_softmax(const Call& call) { return softmax_of(call, Form::kLogarithm); }

}  // namespace filigree::loader
