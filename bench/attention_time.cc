// Attention in fp32 on the best instruction set, timed on request (bench/peers/compare.py).
//   attention_time HEADS HEAD_SIZE
// Reads numbers of tokens from standard input. For each it computes softmax(Q K^T / sqrt(d)) V of
// all heads and prints the seconds it took.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <vector>

#include "bench/float_attention.h"
#include "bench/timed_program.h"
#include "kernels/isa.h"

int main(int argc, char** argv) {
  const std::size_t heads = argc == 3 ? std::strtoul(argv[1], nullptr, 10) : 0;
  const std::size_t head_size = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 0;
  if (heads == 0 || head_size == 0) {
    std::fprintf(stderr, "usage: attention_time HEADS HEAD_SIZE\n");
    return EXIT_FAILURE;
  }
  const filigree::kernels::KernelTable& table = filigree::kernels::supported_tables().back();
  std::map<std::size_t, std::vector<filigree::bench::FloatAttention>> layers;
  for (std::size_t tokens = 0; std::cin >> tokens;) {
    auto& layer = layers[tokens];
    while (layer.size() < heads) layer.emplace_back(tokens, head_size);
    filigree::bench::answer_with_seconds([&] {
      for (auto& head : layer) head.run(table);
    });
  }
  return EXIT_SUCCESS;
}
