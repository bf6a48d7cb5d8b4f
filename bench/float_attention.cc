#include "bench/float_attention.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace filigree::bench {

using kernels::AlignedBuffer;
using kernels::TokenSegment;

std::vector<TokenSegment> whole_panels(std::size_t tokens) {
  std::vector<TokenSegment> segments;
  for (std::size_t done = 0; done < tokens; done += kernels::kUsualPanelTokens)
    segments.push_back({done / kernels::kUsualPanelTokens, 0,
                        std::min(kernels::kUsualPanelTokens, tokens - done)});
  return segments;
}

FloatAttention::FloatAttention(std::size_t tokens, std::size_t head_size)
    : tokens_(tokens), head_size_(head_size), segments_(whole_panels(tokens)) {
  const std::size_t bytes = kernels::panel_floats(head_size) * sizeof(float) * segments_.size();
  std::minstd_rand random(1);
  for (int i = 0; i < 3; ++i) {
    AlignedBuffer& matrix = matrices_.emplace_back(bytes);
    for (std::size_t j = 0; j < matrix.size() / sizeof(float); ++j)
      matrix.as<float>()[j] = static_cast<float>(random() % 2001) / 1000 - 1;
  }
  scratch_ = AlignedBuffer(kernels::attention_scratch_bytes(head_size, tokens));
  out_ = AlignedBuffer(bytes);
}

void FloatAttention::run(const kernels::KernelTable& table) {
  for (const TokenSegment& queries : segments_)
    table.attention_f32({.q = matrices_[0].as<float>(),
                         .k = matrices_[1].as<float>(),
                         .v = matrices_[2].as<float>(),
                         .panel_stride = kernels::panel_floats(head_size_),
                         .head_size = head_size_,
                         .keys = segments_.data(),
                         .key_segments = segments_.size(),
                         .key_count = tokens_,
                         .queries = queries,
                         .score_scale = 1 / std::sqrt(static_cast<float>(head_size_)),
                         .out = out_.as<float>(),
                         .scratch = scratch_.data()});
}

}  // namespace filigree::bench
