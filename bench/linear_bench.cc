// Google Benchmark of every linear kernel on every instruction set.
//   linear_bench [--shapes=FILE] [--tokens=N] [--benchmark_...]
// executed: operations on nonzero weights; dense_equivalent: as if no weight were zero. Both per
// second.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "bench/linear_layer.h"
#include "kernels/isa.h"

namespace filigree::bench {
namespace {

using kernels::KernelTable;
using kernels::WeightFormat;

struct Sparsity {
  double zeros;
  std::size_t block_cols;
};

// A layer is made when its benchmark runs, so that a filter makes only what it times.
void time_layer(benchmark::State& state, const KernelTable& table, const LayerOptions& options) {
  const std::unique_ptr<LinearLayer> layer = make_layer(options);
  layer->check(table);
  for (auto _ : state) layer->run(table);
  const auto rate = [](double flop) {
    return benchmark::Counter(flop, benchmark::Counter::kIsIterationInvariantRate);
  };
  state.counters["executed"] = rate(layer->executed_flop());
  state.counters["dense_equivalent"] = rate(layer->dense_flop());
}

void add(const KernelTable& table, const LayerOptions& options) {
  const std::string name = std::string(kernels::isa_name(table.isa)) + "/" + describe(options);
  benchmark::RegisterBenchmark(name.c_str(), [&table, options](benchmark::State& state) {
    time_layer(state, table, options);
  })->Unit(benchmark::kMicrosecond);
}

void add_all(const std::vector<Shape>& shapes, std::size_t tokens) {
  constexpr Sparsity kUnstructured[] = {{0.5, 1}, {0.8, 1}, {0.9, 1}, {0.95, 1}};
  constexpr Sparsity kGroups[] = {{0.8, 1}, {0.9, 1}, {0.5, 4}, {0.8, 4}, {0.9, 4}};
  for (const KernelTable& table : kernels::supported_tables())
    for (const Shape shape : shapes) {
      add(table, {shape, WeightFormat::kDenseF32, 0.0, 1, tokens});
      for (const Sparsity s : kUnstructured)
        add(table, {shape, WeightFormat::kUnstructuredF32, s.zeros, s.block_cols, tokens});
      for (const double zeros : {0.5, 0.8, 0.9}) {
        add(table, {shape, WeightFormat::kBlock1x4F32, zeros, 4, tokens});
        add(table, {shape, WeightFormat::kBlock4x1F32, zeros, 1, tokens, 4});
      }
      add(table, {shape, WeightFormat::kDenseI8, 0.0, 1, tokens});
      for (const Sparsity s : kGroups)
        add(table, {shape, WeightFormat::kGroupsI8, s.zeros, s.block_cols, tokens});
      // Of other instruction sets it is the scalar kernel, which nothing chooses.
      if (table.isa != kernels::Isa::kAvx512Vnni) continue;
      for (const Sparsity s : kUnstructured)
        add(table, {shape, WeightFormat::kUnstructuredI8, s.zeros, s.block_cols, tokens});
    }
}

// The value of `--name=value` in the arguments, which Google Benchmark leaves alone.
std::string option(int argc, char** argv, std::string_view name, std::string fallback) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.substr(0, name.size()) == name) return std::string(argument.substr(name.size()));
  }
  return fallback;
}

}  // namespace
}  // namespace filigree::bench

int main(int argc, char** argv) {
  using filigree::bench::option;
  try {
    benchmark::Initialize(&argc, argv);
    const std::string shapes =
        option(argc, argv, "--shapes=", FILIGREE_SOURCE_DIR "/bench/shapes/bert_base.txt");
    const std::size_t tokens = std::stoul(option(argc, argv, "--tokens=", "128"));
    filigree::bench::add_all(filigree::bench::read_shapes(shapes), tokens);
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "linear_bench: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
