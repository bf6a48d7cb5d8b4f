// Integer attention of kernels/attention.h, 16 queries at a time.
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/attention_checks.h"
#include "kernels/internal/attention_scratch.h"
#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/math_scalar.h"

namespace filigree::kernels {
namespace {

// The element of a quad panel for a feature of the head.
std::size_t quad_index(const AttentionI8Args& args, std::size_t feature, std::size_t token) {
  const std::size_t f = args.first_feature + feature;
  return f / 4 * 4 * kPanelTokens + 4 * token + f % 4;
}

std::int32_t score(const AttentionI8Args& args, const std::uint8_t* k_panel, std::size_t key,
                   std::size_t query) {
  const std::uint8_t* q_panel = args.q + args.queries.panel * args.u8_panel_stride;
  std::int32_t sum = 0;
  for (std::size_t d = 0; d < args.head_size; ++d)
    sum += (k_panel[quad_index(args, d, key)] - args.k_zero) *
           (q_panel[quad_index(args, d, query)] - args.q_zero);
  return sum;
}

// Rounded where there is a rounding, and times the scale.
float scaled(std::int32_t sum, const Requantization* rounding, float scale) {
  if (rounding == nullptr) return static_cast<float>(sum) * scale;
  return rounded_scalar(static_cast<float>(sum) * rounding->factor, rounding->zero_point) * scale;
}

void score_keys(const AttentionI8Args& args, std::size_t first_query, std::size_t queries,
                float* scores) {
  for (std::size_t segment = 0; segment < args.key_segments; ++segment) {
    const TokenSegment& keys = args.keys[segment];
    const std::uint8_t* k_panel = args.k + keys.panel * args.u8_panel_stride;
    for (std::size_t t = 0; t < keys.tokens; ++t, scores += kQueryBlock)
      for (std::size_t i = 0; i < kQueryBlock; ++i)
        scores[i] = i < queries ? scaled(score(args, k_panel, keys.lane + t, first_query + i),
                                         args.score_rounding, args.score_scale)
                                : 0.0F;
  }
}

// One feature of one query: the sum over keys of value times probability, both minus their zero
// points. The probabilities are whole numbers kept as floats.
std::int32_t weighted_sum(const AttentionI8Args& args, std::size_t feature,
                          const float* probability) {
  std::int32_t sum = 0;
  for (std::size_t segment = 0; segment < args.key_segments; ++segment) {
    const TokenSegment& keys = args.keys[segment];
    const std::uint8_t* v_panel = args.v + keys.panel * args.u8_panel_stride;
    for (std::size_t t = 0; t < keys.tokens; ++t, probability += kQueryBlock)
      sum += (v_panel[quad_index(args, feature, keys.lane + t)] - args.v_zero) *
             (static_cast<std::int32_t>(*probability) - args.p.zero_point);
  }
  return sum;
}

void quantize_probabilities(const AttentionI8Args& args, float* scores, const float* sums) {
  for (std::size_t i = 0; i < kQueryBlock; ++i) {
    const float inverse = 1.0F / sums[i];
    for (std::size_t j = 0; j < args.key_count; ++j) {
      float& p = scores[j * kQueryBlock + i];
      p = quantize_scalar(p * inverse, args.p);
    }
  }
}

}  // namespace

void attention_i8_scalar(const AttentionI8Args& args) noexcept {
  check_attention(args);
  const AttentionI8Scratch layout =
      attention_i8_scratch(head_quads(args.first_feature, args.head_size), args.key_count);
  float* scores = reinterpret_cast<float*>(static_cast<std::byte*>(args.scratch) + layout.scores);
  float* sums = reinterpret_cast<float*>(static_cast<std::byte*>(args.scratch) + layout.sums);
  float* out = args.out + args.queries.panel * args.out_panel_stride;
  for (std::size_t done = 0; done < args.queries.tokens; done += kQueryBlock) {
    const std::size_t rest = args.queries.tokens - done;
    const std::size_t queries = rest < kQueryBlock ? rest : kQueryBlock;
    const std::size_t lane = args.queries.lane + done;
    score_keys(args, lane, queries, scores);
    softmax_scalar({scores, args.key_count, sums});
    quantize_probabilities(args, scores, sums);
    for (std::size_t d = 0; d < args.head_size; ++d)
      for (std::size_t i = 0; i < queries; ++i)
        out[d * kPanelTokens + lane + i] =
            scaled(weighted_sum(args, d, scores + i), args.out_rounding, args.out_scale);
  }
}

}  // namespace filigree::kernels
