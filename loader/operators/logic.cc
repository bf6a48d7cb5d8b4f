// Comparisons, boolean functions, Where.
#include "loader/operators/elementwise.h"
#include "loader/operators/operators.h"

namespace filigree::loader {
namespace {

template <class Function>
std::vector<Tensor> compare(const Call& call, const Function& function) {
  const Tensor& a = call.input(0);
  const Tensor& b = call.input(1);
  check_same_type(a, b);
  return {
      with_number_type(a.type(), [&]<class T>() { return map_pairs<T, bool>(a, b, function); })};
}

template <class Function>
std::vector<Tensor> combine(const Call& call, const Function& function) {
  const Tensor& a = call.input(0);
  const Tensor& b = call.input(1);
  check_same_type(a, b);
  return {with_type<bool>(a.type(), [&]<class T>() { return map_pairs<T, bool>(a, b, function); })};
}

// Element is an unsigned integer of the element's width: elements are moved, not read.
template <class Element>
void select(const Tensor& condition, const Tensor& x, const Tensor& y, Tensor& result) {
  const bool* const chooses = condition.data<bool>().data();
  const auto* const from_x = reinterpret_cast<const Element*>(x.bytes().data());
  const auto* const from_y = reinterpret_cast<const Element*>(y.bytes().data());
  auto* const out = reinterpret_cast<Element*>(result.mutable_bytes().data());
  const BroadcastLoop<3> loop(result.dims(), {&condition.dims(), &x.dims(), &y.dims()});
  loop.run([&](std::size_t position, const auto& at, std::size_t count, const auto& strides) {
    for (std::size_t i = 0; i < count; ++i)
      out[position + i] = chooses[at[0] + i * strides[0]] ? from_x[at[1] + i * strides[1]]
                                                          : from_y[at[2] + i * strides[2]];
  });
}

}  // namespace

std::vector<Tensor> equal(const Call& call) {
  if (call.input(0).type() == DataType::kBool)
    return combine(call, [](bool a, bool b) { return a == b; });
  return compare(call, [](auto a, auto b) { return a == b; });
}

std::vector<Tensor> less(const Call& call) {
  return compare(call, [](auto a, auto b) { return a < b; });
}

std::vector<Tensor> less_or_equal(const Call& call) {
  return compare(call, [](auto a, auto b) { return a <= b; });
}

std::vector<Tensor> greater(const Call& call) {
  return compare(call, [](auto a, auto b) { return a > b; });
}

std::vector<Tensor> greater_or_equal(const Call& call) {
  return compare(call, [](auto a, auto b) { return a >= b; });
}

std::vector<Tensor> logical_and(const Call& call) {
  return combine(call, [](bool a, bool b) { return a && b; });
}

std::vector<Tensor> logical_or(const Call& call) {
  return combine(call, [](bool a, bool b) { return a || b; });
}

std::vector<Tensor> logical_xor(const Call& call) {
  return combine(call, [](bool a, bool b) { return a != b; });
}

std::vector<Tensor> logical_not(const Call& call) {
  return {with_type<bool>(call.input(0).type(), [&]<class T>() {
    return map_elements<T, T>(call.input(0), [](T x) { return !x; });
  })};
}

std::vector<Tensor> where(const Call& call) {
  const Tensor& condition = call.input(0);
  const Tensor& x = call.input(1);
  const Tensor& y = call.input(2);
  check_same_type(x, y);
  if (condition.type() != DataType::kBool) throw FormatError("condition is not BOOL");
  Tensor result(x.type(), broadcast_dims(condition.dims(), broadcast_dims(x.dims(), y.dims())));
  switch (element_bytes(x.type())) {
    case 1:
      select<std::uint8_t>(condition, x, y, result);
      break;
    case 2:
      select<std::uint16_t>(condition, x, y, result);
      break;
    case 4:
      select<std::uint32_t>(condition, x, y, result);
      break;
    default:
      select<std::uint64_t>(condition, x, y, result);
  }
  return {result};
}

}  // namespace filigree::loader
