// The kernels that are bound by arithmetic per value or by memory, on one full panel, for every ISA
// of this CPU. Argument: features. ns_per_value: the fastest repetition, as the machines are
// shared.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "kernels/aligned_buffer.h"
#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "kernels/panel.h"

namespace filigree::bench {
namespace {

using kernels::AlignedBuffer;
using kernels::EmbeddingTable;
using kernels::KernelTable;
using kernels::kPanelTokens;

using Clock = std::chrono::steady_clock;

struct Panel {
  explicit Panel(std::size_t features_in)
      : features(features_in),
        in(kernels::panel_floats(features_in) * sizeof(float)),
        out(kernels::panel_floats(features_in) * sizeof(float)),
        parameters(features_in, 0.5F) {
    for (std::size_t i = 0; i < values(); ++i)
      in.as<float>()[i] = static_cast<float>(i * 2654435761U % 2000) / 250 - 4;
  }
  std::size_t values() const { return features * kPanelTokens; }

  std::size_t features;
  AlignedBuffer in;
  AlignedBuffer out;
  std::vector<float> parameters;
};

template <class Op>
void measure(benchmark::State& state, const Panel& panel, Op op) {
  double fastest = 1e9;
  for (auto unused : state) {
    static_cast<void>(unused);
    const Clock::time_point start = Clock::now();
    op();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    fastest = std::min(fastest, seconds);
    state.SetIterationTime(seconds);
  }
  state.counters["ns_per_value"] = fastest * 1e9 / static_cast<double>(panel.values());
}

void layer_norm(benchmark::State& state, const KernelTable& table) {
  Panel panel(static_cast<std::size_t>(state.range(0)));
  measure(state, panel, [&] {
    table.layer_norm({panel.features, kPanelTokens, panel.in.as<float>(), panel.parameters.data(),
                      panel.parameters.data(), 1e-12F, panel.out.as<float>()});
  });
}

void gelu(benchmark::State& state, const KernelTable& table) {
  Panel panel(static_cast<std::size_t>(state.range(0)));
  measure(state, panel, [&] {
    table.gelu({panel.in.as<float>(), panel.values(), panel.out.as<float>()});
  });
}

void quantize(benchmark::State& state, const KernelTable& table) {
  Panel panel(static_cast<std::size_t>(state.range(0)));
  measure(state, panel, [&] {
    table.quantize({panel.features,
                    kPanelTokens,
                    panel.in.as<float>(),
                    {0.03F, 128},
                    panel.out.as<std::uint8_t>()});
  });
}

// A block of 16 queries; as many keys as make up the values of the panel.
void softmax(benchmark::State& state, const KernelTable& table) {
  Panel panel(static_cast<std::size_t>(state.range(0)));
  AlignedBuffer sums(kernels::kQueryBlock * sizeof(float));
  measure(state, panel, [&] {
    table.softmax({panel.in.as<float>(), panel.values() / kernels::kQueryBlock, sums.as<float>()});
  });
}

void embedding(benchmark::State& state, const KernelTable& table) {
  constexpr std::size_t kRows = 1000;
  Panel panel(static_cast<std::size_t>(state.range(0)));
  const std::vector<float> rows(kRows * panel.features, 0.25F);
  const EmbeddingTable view{kernels::TableType::kF32, rows.data(), kRows, panel.features, 0, 0};
  const EmbeddingTable tables[] = {view, view, view};
  std::vector<std::int32_t> ids;
  for (std::size_t t = 0; t < kPanelTokens; ++t)
    ids.push_back(static_cast<std::int32_t>(t * 389 % kRows));
  const std::int32_t* const id_lists[] = {ids.data(), ids.data(), ids.data()};
  measure(state, panel, [&] {
    table.embedding({tables, 3, id_lists, kPanelTokens, panel.out.as<float>()});
  });
}

using Run = void(benchmark::State&, const KernelTable&);

void add(const std::string& name, Run* run, const KernelTable& table) {
  benchmark::RegisterBenchmark((name + "/" + std::string(kernels::isa_name(table.isa))).c_str(),
                               [run, &table](benchmark::State& state) { run(state, table); })
      ->Arg(384)
      ->Arg(1536)
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace

static void add_panel_ops_benchmarks() {
  for (const KernelTable& table : kernels::supported_tables()) {
    add("layer_norm", layer_norm, table);
    add("gelu", gelu, table);
    add("quantize", quantize, table);
    add("softmax", softmax, table);
    add("embedding", embedding, table);
  }
}

}  // namespace filigree::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  filigree::bench::add_panel_ops_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
}
