#include <algorithm>
#include <cmath>
#include <memory>

#include "kernels/attention.h"
#include "tools/selftest/kernel_case.h"

namespace filigree::tools {
namespace {

using kernels::KernelTable;
using kernels::kPanelTokens;
using kernels::TokenSegment;

// One head of one sequence; the head is the last of its panels' features.
struct Shape {
  std::size_t head_size;
  std::size_t first_feature;
  std::size_t first_lane;
  std::size_t tokens;

  std::size_t width() const { return first_feature + head_size; }
  std::size_t panels() const { return (first_lane + tokens + kPanelTokens - 1) / kPanelTokens; }
  std::string text() const {
    return "head size " + std::to_string(head_size) + " from feature " +
           std::to_string(first_feature) + ", " + std::to_string(tokens) + " tokens from lane " +
           std::to_string(first_lane);
  }
};
constexpr Shape kShapes[] = {
    {1, 0, 0, 1}, {7, 3, 60, 9}, {13, 13, 5, 33}, {32, 32, 63, 70}, {64, 2, 0, 129}};

std::vector<TokenSegment> segments_of(const Shape& shape) {
  std::vector<TokenSegment> segments;
  const std::size_t end = shape.first_lane + shape.tokens;
  for (std::size_t at = shape.first_lane; at < end;) {
    const std::size_t stop = std::min(end, (at / kPanelTokens + 1) * kPanelTokens);
    segments.push_back({at / kPanelTokens, at % kPanelTokens, stop - at});
    at = stop;
  }
  return segments;
}

Panels<std::byte> scratch_for(const Shape& shape) {
  return Panels<std::byte>(kernels::attention_scratch_bytes(shape.head_size, shape.tokens));
}

// The head's features of the sequence's tokens.
KernelOutput output_of(const Shape& shape, const Panels<float>& out, std::size_t stride) {
  KernelOutput output{shape.tokens, {}};
  for (std::size_t d = 0; d < shape.head_size; ++d)
    for (std::size_t t = 0; t < shape.tokens; ++t) {
      const std::size_t at = shape.first_lane + t;
      output.values.push_back(
          out.data()[at / kPanelTokens * stride + (shape.first_feature + d) * kPanelTokens +
                     at % kPanelTokens]);
    }
  return output;
}

struct AttentionF32Inputs {
  AttentionF32Inputs(const Shape& shape_in, RandomNumbers random)
      : shape(shape_in),
        q(random_panel(random, shape.panels() * shape.width(), -2, 2)),
        k(random_panel(random, shape.panels() * shape.width(), -2, 2)),
        v(random_panel(random, shape.panels() * shape.width(), -2, 2)) {}

  KernelOutput run(const KernelTable& table) const {
    const std::size_t stride = kernels::panel_floats(shape.width());
    const std::size_t head = shape.first_feature * kPanelTokens;
    Panels<float> out(stride * shape.panels());
    Panels<std::byte> scratch = scratch_for(shape);
    const std::vector<TokenSegment> segments = segments_of(shape);
    for (const TokenSegment& queries : segments)
      table.attention_f32({.q = q.data() + head,
                           .k = k.data() + head,
                           .v = v.data() + head,
                           .panel_stride = stride,
                           .head_size = shape.head_size,
                           .keys = segments.data(),
                           .key_segments = segments.size(),
                           .key_count = shape.tokens,
                           .queries = queries,
                           .score_scale = 0.35F,
                           .out = out.data() + head,
                           .scratch = scratch.data()});
    return output_of(shape, out, stride);
  }

  Shape shape;
  Panels<float> q, k, v;
};

// With rounded products (QLinearMatMul) or without.
template <bool kRounds>
struct AttentionI8Inputs {
  AttentionI8Inputs(const Shape& shape_in, RandomNumbers random)
      : shape(shape_in),
        stride(kernels::quad_panel_bytes(shape.width())),
        q(random_quads(random, shape.panels() * stride)),
        k(random_quads(random, shape.panels() * stride)),
        v(random_quads(random, shape.panels() * stride)) {}

  KernelOutput run(const KernelTable& table) const {
    const std::size_t out_stride = kernels::panel_floats(shape.width());
    Panels<float> out(out_stride * shape.panels());
    Panels<std::byte> scratch = scratch_for(shape);
    const std::vector<TokenSegment> segments = segments_of(shape);
    // Scores of random bytes grow with the root of the head size: this gives them a spread of
    // about 2.
    const float score_scale = 2.0F / (5600.0F * std::sqrt(static_cast<float>(shape.head_size)));
    const kernels::Requantization score_rounding{30 * score_scale, 131};
    const kernels::Requantization out_rounding{0.002F, 120};
    for (const TokenSegment& queries : segments)
      table.attention_i8({.q = q.data(),
                          .k = k.data(),
                          .v = v.data(),
                          .u8_panel_stride = stride,
                          .first_feature = shape.first_feature,
                          .head_size = shape.head_size,
                          .keys = segments.data(),
                          .key_segments = segments.size(),
                          .key_count = shape.tokens,
                          .queries = queries,
                          .q_zero = 128,
                          .k_zero = 0,
                          .v_zero = 255,
                          .score_scale = kRounds ? 1.0F / 30 : score_scale,
                          .score_rounding = kRounds ? &score_rounding : nullptr,
                          .p = {1.0F / 255, 3},
                          .out_scale = 0.0123F,
                          .out_rounding = kRounds ? &out_rounding : nullptr,
                          .out = out.data() + shape.first_feature * kPanelTokens,
                          .out_panel_stride = out_stride,
                          .scratch = scratch.data(),
                          .same_keys = &queries != segments.data()});
    return output_of(shape, out, out_stride);
  }

  Shape shape;
  std::size_t stride;
  Panels<std::uint8_t> q, k, v;
};

template <class Inputs>
void add_cases(const char* kernel, std::vector<KernelCase>& cases) {
  for (const Shape& shape : kShapes) {
    const auto inputs = std::make_shared<const Inputs>(
        shape, RandomNumbers(static_cast<unsigned>(cases.size() + 1)));
    cases.push_back({kernel, shape.text(), {{"", [inputs](const KernelTable& table) {
                                               return inputs->run(table);
                                             }}}});
  }
}

}  // namespace

std::vector<KernelCase> attention_cases() {
  std::vector<KernelCase> cases;
  add_cases<AttentionF32Inputs>("attention fp32", cases);
  add_cases<AttentionI8Inputs<false>>("attention int8", cases);
  add_cases<AttentionI8Inputs<true>>("attention int8, rounded products", cases);
  return cases;
}

}  // namespace filigree::tools
