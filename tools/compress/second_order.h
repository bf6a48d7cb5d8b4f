// Pruning by second-order information, after
//   Frantar, Alistarh: Optimal Brain Compression (NeurIPS 2022), and
//   Frantar, Alistarh: SparseGPT (ICML 2023).
//
// A linear layer y = W x with inputs x of calibration text has the output error
//   E(W') = sum over rows r of (w'_r - w_r)^T H (w'_r - w_r),   H = 2 X X^T + damping
// Removing a weight costs w^2 / [H^-1]_pp, and the others make up for it by a multiple of the
// column p of H^-1. As in SparseGPT columns are removed from left to right in groups of 128, with
// one Cholesky factor of H^-1 for all rows. Two things differ from it: how many blocks go in each
// group of columns follows the saliencies of the whole matrix, and the weights that stay are at the
// end the exact minimum of E for their mask, by a Cholesky factor of each row's own part of H.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/worker_group.h"
#include "tools/compress/dense_algebra.h"
#include "tools/compress/pruning_mask.h"

namespace filigree::tools {

// [rows][cols] weights of which exactly kept_blocks() blocks stay. `hessian` is [cols][cols],
// positive definite. Uses all threads of `group`; their number changes no bit. The error is at most
// that of the magnitude mask with its weights left as they are: should the mask found be worse than
// that, the magnitude mask is used with compensated weights. Throws std::invalid_argument when
// `hessian` is not positive definite.
std::vector<float> prune_second_order(std::span<const float> weights, const BlockGrid& grid,
                                      std::size_t percent, const SquareMatrix& hessian,
                                      runtime::WorkerGroup& group);

// The mask alone, [rows][cols], 1 where a weight stays.
std::vector<std::uint8_t> second_order_mask(std::span<const float> weights, const BlockGrid& grid,
                                            std::size_t percent, const SquareMatrix& hessian,
                                            runtime::WorkerGroup& group);

// The weights with the least E whose nonzeros lie in the mask.
std::vector<float> compensated(std::span<const float> weights, std::span<const std::uint8_t> mask,
                               const SquareMatrix& hessian, runtime::WorkerGroup& group);

// E; with `pruned` all zeros, the size of the outputs themselves.
double output_error(std::span<const float> weights, std::span<const float> pruned,
                    const SquareMatrix& hessian, runtime::WorkerGroup& group);

}  // namespace filigree::tools
