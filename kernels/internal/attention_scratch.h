// Where the parts of the scratch of attention lie, in bytes from its 64-byte aligned start. A query
// block is 16 queries, or a multiple of that; keys count up over the segments of the sequence.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention.h"
#include "kernels/softmax.h"

namespace filigree::kernels {

static inline std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Queries that the widest kernel takes at once.
static constexpr std::size_t kWideQueryBlock = 32;

// Floats, 16 queries or `block`: scores [keys][16], sums [16], queries [head_size][16].
struct AttentionF32Scratch {
  std::size_t scores, sums, queries, bytes;
};

static inline AttentionF32Scratch attention_f32_scratch(std::size_t head_size,
                                                        std::size_t key_count,
                                                        std::size_t block = kQueryBlock) {
  const std::size_t row = block * sizeof(float);
  AttentionF32Scratch layout{};
  layout.sums = layout.scores + key_count * row;
  layout.queries = layout.sums + row;
  layout.bytes = layout.queries + head_size * row;
  return layout;
}

// Scores and sums as above; the quantised probabilities replace the scores. 16-bit numbers minus
// their zero points:
//   keys     [quads][keys][4]                  values  [quads][pairs of keys][4 features][2 keys]
//   queries  [quads][2 pairs of features][16][2]
// quads: of features, from that of the head's first feature to that of its last one.
struct AttentionI8Scratch {
  std::size_t scores, sums, keys, values, queries, bytes;
};

static inline std::size_t head_quads(std::size_t first_feature, std::size_t head_size) {
  return (first_feature % 4 + head_size + 3) / 4;
}

static inline AttentionI8Scratch attention_i8_scratch(std::size_t quads, std::size_t key_count) {
  constexpr std::size_t kRow = kQueryBlock * sizeof(float);
  const std::size_t even_keys = round_up(key_count, 2);
  AttentionI8Scratch layout{};
  layout.sums = layout.scores + even_keys * kRow;
  layout.keys = layout.sums + kRow;
  layout.values = layout.keys + round_up(quads * key_count * 8, 64);
  layout.queries = layout.values + round_up(quads * even_keys * 8, 64);
  layout.bytes = layout.queries + quads * 2 * kRow;
  return layout;
}

// With VNNI: scores and sums of 32 queries; the quantised probabilities replace the scores as u8
// [quads of keys][32][4]. Values are s8, minus 128, padded to a multiple of 16 keys:
//   key_terms [keys] int32    values [quads][quads of keys][4 features][4 keys]
//   queries [quads][32][4]
struct AttentionVnniScratch {
  std::size_t scores, sums, key_terms, values, queries, bytes;
};

static inline AttentionVnniScratch attention_vnni_scratch(std::size_t quads,
                                                          std::size_t key_count) {
  constexpr std::size_t kRow = kWideQueryBlock * sizeof(float);
  const std::size_t padded_keys = round_up(key_count, 16);
  AttentionVnniScratch layout{};
  layout.sums = layout.scores + padded_keys * kRow;
  layout.key_terms = layout.sums + kRow;
  layout.values = layout.key_terms + padded_keys * sizeof(std::int32_t);
  layout.queries = layout.values + quads * padded_keys * 4;
  layout.bytes = layout.queries + quads * kWideQueryBlock * 4;
  return layout;
}

}  // namespace filigree::kernels
