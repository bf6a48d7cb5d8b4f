// Float attention of kernels/attention.h, 16 queries at a time.
#include <cassert>
#include <cstddef>

#include "kernels/internal/attention_checks.h"
#include "kernels/internal/attention_scratch.h"
#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/math_scalar.h"

namespace filigree::kernels {
namespace {

// A part of the queries of one call: at most kQueryBlock lanes of one panel.
struct QueryBlock {
  std::size_t
      offset;  // floats from the head's feature 0, lane 0 of panel 0 to that of the first query
  std::size_t queries;
};

void score_keys(const AttentionF32Args& args, QueryBlock block, float* scores) {
  const float* q = args.q + block.offset;
  for (std::size_t segment = 0; segment < args.key_segments; ++segment) {
    const TokenSegment& keys = args.keys[segment];
    const float* k = args.k + keys.panel * args.panel_stride + keys.lane;
    for (std::size_t t = 0; t < keys.tokens; ++t, scores += kQueryBlock)
      for (std::size_t i = 0; i < kQueryBlock; ++i) {
        float sum = 0.0F;
        for (std::size_t d = 0; d < args.head_size && i < block.queries; ++d)
          sum = fma_scalar(k[d * kPanelTokens + t], q[d * kPanelTokens + i], sum);
        scores[i] = sum * args.score_scale;
      }
  }
}

// One feature of one query: the sum over keys of value times probability, before normalisation.
float weighted_sum(const AttentionF32Args& args, std::size_t feature, const float* probability) {
  float sum = 0.0F;
  for (std::size_t segment = 0; segment < args.key_segments; ++segment) {
    const TokenSegment& keys = args.keys[segment];
    const float* v = args.v + keys.panel * args.panel_stride + feature * kPanelTokens + keys.lane;
    for (std::size_t t = 0; t < keys.tokens; ++t, probability += kQueryBlock)
      sum = fma_scalar(v[t], *probability, sum);
  }
  return sum;
}

}  // namespace

void attention_f32_scalar(const AttentionF32Args& args) noexcept {
  check_attention(args);
  const AttentionF32Scratch layout = attention_f32_scratch(args.head_size, args.key_count);
  float* scores = reinterpret_cast<float*>(static_cast<std::byte*>(args.scratch) + layout.scores);
  float* sums = reinterpret_cast<float*>(static_cast<std::byte*>(args.scratch) + layout.sums);
  for (std::size_t done = 0; done < args.queries.tokens; done += kQueryBlock) {
    const std::size_t rest = args.queries.tokens - done;
    const QueryBlock block{args.queries.panel * args.panel_stride + args.queries.lane + done,
                           rest < kQueryBlock ? rest : kQueryBlock};
    score_keys(args, block, scores);
    softmax_scalar({scores, args.key_count, sums});
    for (std::size_t d = 0; d < args.head_size; ++d)
      for (std::size_t i = 0; i < block.queries; ++i)
        args.out[block.offset + d * kPanelTokens + i] =
            weighted_sum(args, d, scores + i) * (1.0F / sums[i]);
  }
}

}  // namespace filigree::kernels
