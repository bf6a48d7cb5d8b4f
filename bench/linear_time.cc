// A dense fp32 linear layer with bias on the best instruction set, timed on request
// (bench/peers/compare.py).
//   linear_time OUTPUTS INPUTS
// Reads numbers of tokens from standard input. For each it computes the layer twice and prints the
// seconds of the second time: the caches are as the layer itself leaves them.
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>

#include "bench/linear_layer.h"
#include "bench/timed_program.h"
#include "kernels/isa.h"

namespace filigree::bench {
namespace {

Shape parse(int argc, char** argv) {
  Shape shape{};
  if (argc == 3) shape = {std::strtoul(argv[1], nullptr, 10), std::strtoul(argv[2], nullptr, 10)};
  if (shape.rows == 0 || shape.cols == 0)
    throw std::invalid_argument("usage: linear_time OUTPUTS INPUTS");
  return shape;
}

void answer_lines(Shape shape) {
  const kernels::KernelTable& table = kernels::supported_tables().back();
  std::map<std::size_t, std::unique_ptr<LinearLayer>> layers;
  for (std::size_t tokens = 0; std::cin >> tokens;) {
    auto& layer = layers[tokens];
    if (layer == nullptr) {
      layer = make_layer({shape, kernels::WeightFormat::kDenseF32, 0.0, 1, tokens});
      layer->check(table);
    }
    layer->run(table);
    answer_with_seconds([&] { layer->run(table); });
  }
}

}  // namespace
}  // namespace filigree::bench

int main(int argc, char** argv) {
  return filigree::bench::exit_status_of(
      "linear_time", [&] { filigree::bench::answer_lines(filigree::bench::parse(argc, argv)); });
}
