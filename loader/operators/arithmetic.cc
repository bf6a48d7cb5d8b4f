// Add, Sub, Mul, Div, Mod, Pow, Min, Max.
#include <cmath>
#include <type_traits>

#include "loader/operators/cast_value.h"
#include "loader/operators/elementwise.h"
#include "loader/operators/operators.h"

namespace filigree::loader {
namespace {

template <class Function>
std::vector<Tensor> binary(const Call& call, const Function& function) {
  const Tensor& a = call.input(0);
  const Tensor& b = call.input(1);
  check_same_type(a, b);
  return {with_number_type(a.type(), [&]<class T>() { return map_pairs<T, T>(a, b, function); })};
}

// Integer division and remainder are undefined in C++ for a divisor of 0, and for the least value
// over -1.
template <class T>
void check_divisor(T divisor) {
  if (divisor == T{0}) throw FormatError("integer division by 0");
}

template <class T>
T divide(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a / b;
  } else {
    check_divisor(b);
    if constexpr (std::is_signed_v<T>)
      if (b == T{-1}) return static_cast<T>(Wrapping<T>{0} - static_cast<Wrapping<T>>(a));
    return static_cast<T>(a / b);
  }
}

// Sign of the divisor, as in Python.
template <class T>
T modulo(T a, T b) {
  check_divisor(b);
  if constexpr (std::is_signed_v<T>) {
    if (b == T{-1}) return T{0};
    const T rest = static_cast<T>(a % b);
    return rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
  } else {
    return static_cast<T>(a % b);
  }
}

// Sign of the dividend, as in C.
template <class T>
T remainder(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fmod(a, b);
  } else {
    check_divisor(b);
    if constexpr (std::is_signed_v<T>)
      if (b == T{-1}) return T{0};
    return static_cast<T>(a % b);
  }
}

// Both bases and exponents that an export may mix are exact in double, int64 beyond 2^53 excepted.
template <class T>
Tensor power_of(const Tensor& base, const Tensor& exponent) {
  const Tensor wide = cast(exponent, DataType::kDouble);
  // The square that every LayerNorm has; x * x rounds as pow(x, 2) in double rounded to T does.
  if constexpr (std::is_same_v<T, float>)
    if (wide.size() == 1 && wide.data<double>()[0] == 2.0 &&
        wide.dims().size() <= base.dims().size())
      return map_elements<float, float>(base, [](float x) { return x * x; });
  const Tensor result = map_pairs<double, double>(
      cast(base, DataType::kDouble), wide, [](double a, double b) { return std::pow(a, b); });
  return cast(result, kDataTypeOf<T>);
}

// Folds the inputs with `function`, broadcasting.
template <class Function>
std::vector<Tensor> variadic(const Call& call, const Function& function) {
  Tensor result = call.input(0);
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    const Tensor& next = call.input(i);
    check_same_type(result, next);
    result = with_number_type(result.type(),
                              [&]<class T>() { return map_pairs<T, T>(result, next, function); });
  }
  return {result};
}

}  // namespace

std::vector<Tensor> add(const Call& call) {
  return binary(call, []<class T>(T a, T b) {
    return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
  });
}

std::vector<Tensor> sub(const Call& call) {
  return binary(call, []<class T>(T a, T b) {
    return static_cast<T>(static_cast<Wrapping<T>>(a) - static_cast<Wrapping<T>>(b));
  });
}

std::vector<Tensor> mul(const Call& call) {
  return binary(call, []<class T>(T a, T b) {
    return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
  });
}

std::vector<Tensor> div(const Call& call) {
  return binary(call, []<class T>(T a, T b) { return divide(a, b); });
}

std::vector<Tensor> mod(const Call& call) {
  const Tensor& a = call.input(0);
  const Tensor& b = call.input(1);
  if (int_attribute(call.node, "fmod", 0) != 0)
    return binary(call, []<class T>(T x, T y) { return remainder(x, y); });
  check_same_type(a, b);
  return {with_type<std::int32_t, std::int64_t, std::int8_t, std::uint8_t>(
      a.type(),
      [&]<class T>() { return map_pairs<T, T>(a, b, [](T x, T y) { return modulo(x, y); }); })};
}

std::vector<Tensor> pow(const Call& call) {
  const Tensor& base = call.input(0);
  return {with_type<float, double, std::int32_t, std::int64_t>(
      base.type(), [&]<class T>() { return power_of<T>(base, call.input(1)); })};
}

// A NaN on either side is the result, as in NumPy.
std::vector<Tensor> min(const Call& call) {
  return variadic(call, []<class T>(T a, T b) { return a < b || a != a ? a : b; });
}

std::vector<Tensor> max(const Call& call) {
  return variadic(call, []<class T>(T a, T b) { return a > b || a != a ? a : b; });
}

}  // namespace filigree::loader
