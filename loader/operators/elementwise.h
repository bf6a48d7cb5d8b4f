// Applies a function to the elements of one or two tensors.
#pragma once

#include "loader/operators/broadcast.h"
#include "loader/operators/element_type.h"
#include "loader/operators/operator.h"

namespace filigree::loader {

// out[i] = function(in[i]).
template <class In, class Out, class Function>
Tensor map_elements(const Tensor& in, const Function& function) {
  Tensor result(kDataTypeOf<Out>, in.dims());
  const auto from = in.data<In>();
  const auto to = result.mutable_data<Out>();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = function(from[i]);
  return result;
}

// out = function(a, b) with broadcasting. Requires that both are of type In.
template <class In, class Out, class Function>
Tensor map_pairs(const Tensor& a, const Tensor& b, const Function& function) {
  Tensor result(kDataTypeOf<Out>, broadcast_dims(a.dims(), b.dims()));
  Out* const out = result.mutable_data<Out>().data();
  const In* const all_a = a.data<In>().data();
  const In* const all_b = b.data<In>().data();
  const BroadcastLoop<2> loop(result.dims(), {&a.dims(), &b.dims()});
  loop.run([&](std::size_t position, const auto& offsets, std::size_t count, const auto& strides) {
    Out* const to = out + position;
    const In* const from_a = all_a + offsets[0];
    const In* const from_b = all_b + offsets[1];
    if (strides[0] == 0)
      for (std::size_t i = 0; i < count; ++i) to[i] = function(from_a[0], from_b[i]);
    else if (strides[1] == 0)
      for (std::size_t i = 0; i < count; ++i) to[i] = function(from_a[i], from_b[0]);
    else
      for (std::size_t i = 0; i < count; ++i) to[i] = function(from_a[i], from_b[i]);
  });
  return result;
}

}  // namespace filigree::loader
