// A linear layer with random weights and inputs, ready to be timed: everything is allocated and
// checked beforehand, and lies in huge pages as in the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "kernels/packed_weights.h"
#include "loader/huge_pages.h"

namespace filigree::bench {

struct Shape {
  std::size_t rows;
  std::size_t cols;
};

// One shape, `outputs inputs`, in each line that does not begin with #. Throws std::runtime_error
// naming file and line.
std::vector<Shape> read_shapes(const std::string& path);

// How the int8 weights that are kept are distributed: with a deviation of 30, as scales that reach
// the largest weight leave them, or all values from -127 to 127 alike, which vpmaddubsw can add to
// each other less often (kernels/README.md).
enum class Int8Weights : std::uint8_t { kNormal, kUniform };

struct LayerOptions {
  Shape shape;
  kernels::WeightFormat format;
  double sparsity;             // fraction of zeros
  std::size_t block_cols;      // zeros come in blocks of this many inputs: 1 or 4
  std::size_t tokens;          // laid out in panels of at most T, all but the last equally wide
  std::size_t block_rows = 1;  // and of this many outputs
  Int8Weights int8_weights = Int8Weights::kNormal;
};

class LinearLayer {
 public:
  virtual ~LinearLayer() = default;
  // Computes all outputs of all panels.
  virtual void run(const kernels::KernelTable& table) = 0;
  // Throws std::runtime_error when outputs of run(table) differ from a double-precision reference.
  virtual void check(const kernels::KernelTable& table) = 0;
  // Of the weights in every format of their type, and the one that is chosen.
  virtual std::vector<kernels::FormatCost> costs(kernels::Isa isa) const = 0;
  virtual kernels::WeightFormat choice(kernels::Isa isa) const = 0;
  // Two operations for each nonzero weight and token, and for each weight and token.
  virtual double executed_flop() const = 0;
  double dense_flop() const;

  explicit LinearLayer(const LayerOptions& options) : options_(options) {}
  const LayerOptions& options() const noexcept { return options_; }

 protected:
  std::size_t panels() const noexcept;
  std::size_t panel_width() const noexcept;  // tokens of every panel but the last
  std::size_t tokens_of_panel(std::size_t panel) const noexcept;
  std::pmr::memory_resource& memory() noexcept { return memory_; }

 private:
  loader::HugePages memory_;
  LayerOptions options_;
};

std::unique_ptr<LinearLayer> make_layer(const LayerOptions& options);

// "dense_f32 768x3072 0.90 zeros (1x4) 128 tokens"
std::string describe(const LayerOptions& options);

}  // namespace filigree::bench
