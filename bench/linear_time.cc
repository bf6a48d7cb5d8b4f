// A dense fp32 linear layer with bias on the best instruction set, timed on request
// (bench/peers/compare.py).
//   linear_time OUTPUTS INPUTS
// Reads numbers of tokens from standard input. For each it computes the layer twice and prints the
// seconds of the second time: the caches are as the layer itself leaves them.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>

#include "bench/linear_layer.h"
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
    const auto start = std::chrono::steady_clock::now();
    layer->run(table);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    std::printf("%.9f\n", taken.count());
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace filigree::bench

int main(int argc, char** argv) {
  try {
    filigree::bench::answer_lines(filigree::bench::parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "linear_time: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
