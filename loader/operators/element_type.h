// Chooses an instantiation by element type.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

#include "loader/operators/operator.h"

namespace filigree::loader {

// Returns action.operator()<T>() for the T of Types that `type` is. Throws UnsupportedError for any
// other type.
template <class... Types, class Action>
Tensor with_type(DataType type, const Action& action) {
  Tensor result;
  const bool found =
      ((type == kDataTypeOf<Types> ? (result = action.template operator()<Types>(), true)
                                   : false) ||
       ...);
  if (!found)
    throw UnsupportedError("element type " + std::string(data_type_name(type)) +
                           " is not implemented");
  return result;
}

template <class Action>
Tensor with_number_type(DataType type, const Action& action) {
  return with_type<float, double, std::int32_t, std::int64_t, std::int8_t, std::uint8_t>(type,
                                                                                         action);
}

template <class Action>
Tensor with_real_type(DataType type, const Action& action) {
  return with_type<float, double>(type, action);
}

// Throws FormatError when the two differ.
void check_same_type(const Tensor& a, const Tensor& b);

// Integer arithmetic wraps, as two's complement machines do; in C++ only unsigned arithmetic may.
// At least as wide as unsigned, because narrower operands are promoted to the signed int.
template <class T>
struct WrappingType {
  using type = T;
};
template <std::integral T>
struct WrappingType<T> {
  using type = std::make_unsigned_t<std::common_type_t<T, int>>;
};
template <class T>
using Wrapping = typename WrappingType<T>::type;

}  // namespace filigree::loader
