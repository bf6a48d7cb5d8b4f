// Attention of one head over a whole sequence, on every ISA of this CPU. Arguments: tokens, head
// size. attention_i8_rounded rounds both products to bytes, as QLinearMatMul does.
//   of_peak   multiply-adds of Q K and P V (softmax, quantising and copies are overhead) per second
//             in the fastest of the repetitions, as a share of the FMA peak of the ISA, measured
//             between them: the machines are shared
//   gmac      the same, in 10^9 multiply-adds per second
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "bench/float_attention.h"
#include "bench/peaks.h"
#include "kernels/aligned_buffer.h"
#include "kernels/isa.h"
#include "kernels/kernel_table.h"

namespace filigree::bench {
namespace {

using kernels::AlignedBuffer;
using kernels::KernelTable;
using kernels::TokenSegment;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Multiply-adds per second of a loop in registers.
double rate(const PeakLoop& loop) {
  const Clock::time_point start = Clock::now();
  loop.run();
  return loop.multiply_adds / seconds_since(start);
}

// Multiply-adds of Q K and P V of one head.
double multiply_adds(std::size_t tokens, std::size_t head_size) {
  return 2.0 * static_cast<double>(tokens * tokens * head_size);
}

// attend(table) computes all queries of the sequence into `out`.
template <class Attend>
void measure(benchmark::State& state, const AlignedBuffer& out, const KernelTable& measured,
             Attend attend) {
  attend(kernels::supported_tables().front());
  const std::vector<std::byte> expected(out.data(), out.data() + out.size());
  attend(measured);
  if (std::memcmp(expected.data(), out.data(), expected.size()) != 0)
    return state.SkipWithError("the result differs from that of the scalar kernel");
  double fastest = 1e9;
  double peak = 0;
  for (auto unused : state) {
    static_cast<void>(unused);
    peak = std::max(peak, rate(fma_peak(measured.isa)));
    const Clock::time_point start = Clock::now();
    attend(measured);
    const double seconds = seconds_since(start);
    fastest = std::min(fastest, seconds);
    state.SetIterationTime(seconds);
  }
  const double work = multiply_adds(static_cast<std::size_t>(state.range(0)),
                                    static_cast<std::size_t>(state.range(1)));
  state.counters["gmac"] = work / fastest * 1e-9;
  state.counters["of_peak"] = work / fastest / peak;
}

void attention_f32(benchmark::State& state, const KernelTable& measured) {
  FloatAttention attention(static_cast<std::size_t>(state.range(0)),
                           static_cast<std::size_t>(state.range(1)));
  measure(state, attention.out(), measured,
          [&](const KernelTable& table) { attention.run(table); });
}

template <bool kRounds>
void attention_i8(benchmark::State& state, const KernelTable& measured) {
  constexpr kernels::Requantization kScoreRounding{1e-3F, 128};
  constexpr kernels::Requantization kOutRounding{1e-2F, 128};
  const auto tokens = static_cast<std::size_t>(state.range(0));
  const auto head_size = static_cast<std::size_t>(state.range(1));
  const std::vector<TokenSegment> segments = whole_panels(tokens);
  const std::size_t stride = kernels::quad_panel_bytes(head_size);
  std::vector<AlignedBuffer> matrices;
  std::minstd_rand random(1);
  for (int i = 0; i < 3; ++i) {
    AlignedBuffer& matrix = matrices.emplace_back(stride * segments.size());
    for (std::size_t j = 0; j < matrix.size(); ++j)
      matrix.as<std::uint8_t>()[j] = static_cast<std::uint8_t>(random());
  }
  AlignedBuffer scratch(kernels::attention_scratch_bytes(head_size, tokens));
  AlignedBuffer out(kernels::panel_floats(head_size) * sizeof(float) * segments.size());
  measure(state, out, measured, [&](const KernelTable& table) {
    for (const TokenSegment& queries : segments)
      table.attention_i8({.q = matrices[0].as<std::uint8_t>(),
                          .k = matrices[1].as<std::uint8_t>(),
                          .v = matrices[2].as<std::uint8_t>(),
                          .u8_panel_stride = stride,
                          .first_feature = 0,
                          .head_size = head_size,
                          .keys = segments.data(),
                          .key_segments = segments.size(),
                          .key_count = tokens,
                          .queries = queries,
                          .q_zero = 128,
                          .k_zero = 128,
                          .v_zero = 128,
                          .score_scale = kRounds ? 0.1F : 1e-4F,
                          .score_rounding = kRounds ? &kScoreRounding : nullptr,
                          .p = {1.0F / 255, 0},
                          .out_scale = kRounds ? 1e-2F : 1e-4F,
                          .out_rounding = kRounds ? &kOutRounding : nullptr,
                          .out = out.as<float>(),
                          .out_panel_stride = kernels::panel_floats(head_size),
                          .scratch = scratch.data(),
                          .same_keys = &queries != segments.data()});
  });
}

using Run = void(benchmark::State&, const KernelTable&);

void add(const std::string& name, Run* run, const KernelTable& table) {
  benchmark::RegisterBenchmark((name + "/" + std::string(kernels::isa_name(table.isa))).c_str(),
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
  for (const KernelTable& table : kernels::supported_tables()) {
    if (table.isa == kernels::Isa::kScalar) continue;  // there is no peak to compare it with
    add("attention_f32", attention_f32, table);
    add("attention_i8", attention_i8<false>, table);
    add("attention_i8_rounded", attention_i8<true>, table);
  }
}

}  // namespace filigree::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  filigree::bench::add_attention_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
}
