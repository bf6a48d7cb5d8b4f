// Attention of one head over a whole sequence, on every ISA of this CPU. Arguments: tokens, head
// size.
//   of_peak   multiply-adds of Q K and P V (softmax, quantising and copies are overhead) per second
//   in the fastest of the
//             repetitions, as a share of the AVX2 FMA peak measured between them: the machines are
//             shared
//   gmac      the same, in 10^9 multiply-adds per second
#include <benchmark/benchmark.h>
#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "kernels/aligned_buffer.h"
#include "kernels/isa.h"
#include "kernels/kernel_table.h"

namespace filigree::kernels {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Multiply-adds per second in registers: ten independent chains hide the latency of two units.
[[gnu::target("avx2,fma")]] double fma_rate() {
  constexpr int kChains = 10;
  constexpr int kRounds = 20000;
  __m256 chain[kChains];
  for (__m256& value : chain) value = _mm256_set1_ps(1.0F);
  const __m256 factor = _mm256_set1_ps(0.999F);
  const Clock::time_point start = Clock::now();
  for (int round = 0; round < kRounds; ++round)
    for (__m256& value : chain) {
      value = _mm256_fmadd_ps(value, factor, factor);
      asm volatile("" : "+x"(value));
    }
  return 8.0 * kChains * kRounds / seconds_since(start);
}

// Panels of one head with random content.
struct Sequence {
  Sequence(std::size_t tokens_in, std::size_t head_size_in)
      : tokens(tokens_in), head_size(head_size_in) {
    for (std::size_t done = 0; done < tokens; done += kPanelTokens)
      segments.push_back({done / kPanelTokens, 0, std::min(kPanelTokens, tokens - done)});
    scratch = AlignedBuffer(attention_scratch_bytes(head_size, tokens));
    out = AlignedBuffer(panel_floats(head_size) * sizeof(float) * segments.size());
  }
  double multiply_adds() const { return 2.0 * static_cast<double>(tokens * tokens * head_size); }

  std::size_t tokens;
  std::size_t head_size;
  std::vector<TokenSegment> segments;
  AlignedBuffer scratch;
  AlignedBuffer out;
};

template <class Attend>
void measure(benchmark::State& state, const Sequence& sequence, Attend attend) {
  double fastest = 1e9;
  double peak = 0;
  for (auto unused : state) {
    static_cast<void>(unused);
    peak = std::max(peak, fma_rate());
    const Clock::time_point start = Clock::now();
    for (const TokenSegment& queries : sequence.segments) attend(queries);
    const double seconds = seconds_since(start);
    fastest = std::min(fastest, seconds);
    state.SetIterationTime(seconds);
  }
  state.counters["gmac"] = sequence.multiply_adds() / fastest * 1e-9;
  state.counters["of_peak"] = sequence.multiply_adds() / fastest / peak;
}

void attention_f32(benchmark::State& state, const KernelTable& table) {
  Sequence sequence(static_cast<std::size_t>(state.range(0)),
                    static_cast<std::size_t>(state.range(1)));
  const std::size_t stride = panel_floats(sequence.head_size);
  std::vector<AlignedBuffer> matrices;
  std::minstd_rand random(1);
  for (int i = 0; i < 3; ++i) {
    AlignedBuffer& matrix =
        matrices.emplace_back(stride * sizeof(float) * sequence.segments.size());
    for (std::size_t j = 0; j < matrix.size() / sizeof(float); ++j)
      matrix.as<float>()[j] = static_cast<float>(random() % 2001) / 1000 - 1;
  }
  measure(state, sequence, [&](const TokenSegment& queries) {
    table.attention_f32({.q = matrices[0].as<float>(),
                         .k = matrices[1].as<float>(),
                         .v = matrices[2].as<float>(),
                         .panel_stride = stride,
                         .head_size = sequence.head_size,
                         .keys = sequence.segments.data(),
                         .key_segments = sequence.segments.size(),
                         .key_count = sequence.tokens,
                         .queries = queries,
                         .score_scale = 0.125F,
                         .out = sequence.out.as<float>(),
                         .scratch = sequence.scratch.data()});
  });
}

void attention_i8(benchmark::State& state, const KernelTable& table) {
  Sequence sequence(static_cast<std::size_t>(state.range(0)),
                    static_cast<std::size_t>(state.range(1)));
  const std::size_t stride = quad_panel_bytes(sequence.head_size);
  std::vector<AlignedBuffer> matrices;
  std::minstd_rand random(1);
  for (int i = 0; i < 3; ++i) {
    AlignedBuffer& matrix = matrices.emplace_back(stride * sequence.segments.size());
    for (std::size_t j = 0; j < matrix.size(); ++j)
      matrix.as<std::uint8_t>()[j] = static_cast<std::uint8_t>(random());
  }
  measure(state, sequence, [&](const TokenSegment& queries) {
    table.attention_i8({.q = matrices[0].as<std::uint8_t>(),
                        .k = matrices[1].as<std::uint8_t>(),
                        .v = matrices[2].as<std::uint8_t>(),
                        .u8_panel_stride = stride,
                        .first_feature = 0,
                        .head_size = sequence.head_size,
                        .keys = sequence.segments.data(),
                        .key_segments = sequence.segments.size(),
                        .key_count = sequence.tokens,
                        .queries = queries,
                        .q_zero = 128,
                        .k_zero = 128,
                        .v_zero = 128,
                        .score_scale = 1e-4F,
                        .p = {1.0F / 255, 0},
                        .out_scale = 1e-4F,
                        .out = sequence.out.as<float>(),
                        .out_panel_stride = panel_floats(sequence.head_size),
                        .scratch = sequence.scratch.data()});
  });
}

using Run = void(benchmark::State&, const KernelTable&);

void add(const std::string& name, Run* run, const KernelTable& table) {
  benchmark::RegisterBenchmark((name + "/" + std::string(isa_name(table.isa))).c_str(),
                               [run, &table](benchmark::State& state) { run(state, table); })
      ->Args({384, 64})
      ->Args({128, 64})
      ->Args({384, 32})
      ->Args({128, 32})
      ->Args({20, 32})
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace

static void add_attention_benchmarks() {
  for (const KernelTable& table : supported_tables()) {
    add("attention_f32", attention_f32, table);
    add("attention_i8", attention_i8, table);
  }
}

}  // namespace filigree::kernels

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  if (!filigree::kernels::cpu_supports(filigree::kernels::Isa::kAvx2)) {
    std::fputs("attention_bench: this CPU lacks AVX2, whose FMA peak is the yardstick\n", stderr);
    return 1;
  }
  filigree::kernels::add_attention_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
}
