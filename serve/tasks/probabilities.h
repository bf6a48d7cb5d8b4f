// From logits to probabilities, with the exp of the kernels: the same bits on every machine.
#pragma once

#include <cstddef>
#include <span>

namespace filigree::serve {

// Softmax of each row of `values`, [rows][columns], in place:
//   e[i] = exp(x[i] - max over the row), summed in ascending order;  x[i] <- e[i] / sum
// Throws std::runtime_error for a value that is not finite. Requires columns >= 1 and
// values.size() a multiple of columns.
void softmax_rows(std::span<float> values, std::size_t columns);

// x <- 1 / (1 + exp(-x)), computed as the softmax of (x, 0): no overflow. Throws like
// softmax_rows.
void sigmoid(std::span<float> values);

}  // namespace filigree::serve
