// Functions of one element. Transcendental functions are computed in double and rounded once: that
// float result is the correctly rounded one but for rare ties, whichever variant of libm the CPU
// selects.
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "loader/operators/elementwise.h"
#include "loader/operators/operators.h"

namespace filigree::loader {
namespace {

template <class Function>
std::vector<Tensor> number(const Call& call, const Function& function) {
  return {with_number_type(call.input(0).type(),
                           [&]<class T>() { return map_elements<T, T>(call.input(0), function); })};
}

template <class Function>
std::vector<Tensor> real(const Call& call, const Function& function) {
  return {with_real_type(call.input(0).type(), [&]<class T>() {
    return map_elements<T, T>(
        call.input(0), [&](T x) { return static_cast<T>(function(static_cast<double>(x))); });
  })};
}

template <class T>
T negative(T x) {
  return static_cast<T>(Wrapping<T>{0} - static_cast<Wrapping<T>>(x));
}

}  // namespace

std::vector<Tensor> neg(const Call& call) {
  return number(call, []<class T>(T x) {
    // 0 - x would turn 0 into 0 instead of -0.
    if constexpr (std::is_floating_point_v<T>)
      return -x;
    else
      return negative(x);
  });
}

std::vector<Tensor> abs(const Call& call) {
  return number(call, []<class T>(T x) {
    if constexpr (std::is_floating_point_v<T>)
      return std::fabs(x);
    else
      return x < T{0} ? negative(x) : x;
  });
}

std::vector<Tensor> sign(const Call& call) {
  return number(call, []<class T>(T x) {
    return x > T{0} ? T{1} : x < T{0} ? static_cast<T>(-1) : x;
  });
}

std::vector<Tensor> relu(const Call& call) {
  return number(call, []<class T>(T x) { return x < T{0} ? T{0} : x; });
}

// Correctly rounded operations have the same result in double rounded to float as in float itself.
std::vector<Tensor> sqrt(const Call& call) {
  return real(call, [](double x) { return std::sqrt(x); });
}

std::vector<Tensor> reciprocal(const Call& call) {
  return real(call, [](double x) { return 1.0 / x; });
}

std::vector<Tensor> exp(const Call& call) {
  return real(call, [](double x) { return std::exp(x); });
}

std::vector<Tensor> log(const Call& call) {
  return real(call, [](double x) { return std::log(x); });
}

std::vector<Tensor> sin(const Call& call) {
  return real(call, [](double x) { return std::sin(x); });
}

std::vector<Tensor> cos(const Call& call) {
  return real(call, [](double x) { return std::cos(x); });
}

std::vector<Tensor> erf(const Call& call) {
  return real(call, [](double x) { return std::erf(x); });
}

std::vector<Tensor> tanh(const Call& call) {
  return real(call, [](double x) { return std::tanh(x); });
}

std::vector<Tensor> sigmoid(const Call& call) {
  return real(call, [](double x) { return 1.0 / (1.0 + std::exp(-x)); });
}

std::vector<Tensor> floor(const Call& call) {
  return real(call, [](double x) { return std::floor(x); });
}

std::vector<Tensor> ceil(const Call& call) {
  return real(call, [](double x) { return std::ceil(x); });
}

// Half to even: the default rounding mode, which nothing in filigree changes.
std::vector<Tensor> round(const Call& call) {
  return real(call, [](double x) { return std::nearbyint(x); });
}

std::vector<Tensor> gelu(const Call& call) {
  const std::string approximation = string_attribute(call.node, "approximate", "none");
  if (approximation == "none")
    return real(call,
                [](double x) { return 0.5 * x * (1.0 + std::erf(x * 0.7071067811865475244)); });
  if (approximation == "tanh")
    return real(call, [](double x) {
      constexpr double kRootOfTwoOverPi = 0.7978845608028653559;
      return 0.5 * x * (1.0 + std::tanh(kRootOfTwoOverPi * (x + 0.044715 * x * x * x)));
    });
  throw UnsupportedError("attribute 'approximate' is " + quoted_name(approximation) +
                         ", expected 'none' or 'tanh'");
}

std::vector<Tensor> is_nan(const Call& call) {
  return {with_real_type(call.input(0).type(), [&]<class T>() {
    return map_elements<T, bool>(call.input(0), [](T x) { return x != x; });
  })};
}

std::vector<Tensor> clip(const Call& call) {
  const Tensor& in = call.input(0);
  return {with_number_type(in.type(), [&]<class T>() {
    T low = std::numeric_limits<T>::lowest();
    T high = std::numeric_limits<T>::max();
    if constexpr (std::is_floating_point_v<T>) {
      low = -std::numeric_limits<T>::infinity();
      high = std::numeric_limits<T>::infinity();
    }
    for (std::size_t i = 1; i < 3; ++i) {
      if (!call.has_input(i)) continue;
      check_same_type(in, call.input(i));
      if (call.input(i).size() != 1) throw FormatError("bounds must be scalars");
      (i == 1 ? low : high) = call.input(i).data<T>()[0];
    }
    return map_elements<T, T>(in, [low, high](T x) {
      const T raised = x < low ? low : x;
      return raised > high ? high : raised;
    });
  })};
}

}  // namespace filigree::loader
