#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "tools/selftest/kernel_case.h"

namespace filigree::tools {
namespace {

using kernels::KernelTable;
using kernels::kPanelTokens;

template <class Run>
KernelCase one_variant(std::string kernel, std::string inputs, Run run) {
  return {std::move(kernel), std::move(inputs), {{"", std::move(run)}}};
}

std::string sizes(const char* what, std::size_t features, std::size_t tokens) {
  return what + (" " + std::to_string(features)) + ", " + std::to_string(tokens) + " tokens";
}

KernelCase softmax_case(std::size_t keys) {
  RandomNumbers random(static_cast<unsigned>(keys));
  // Down to where exp is 0.
  const auto scores = random.floats(keys * kernels::kQueryBlock, -100, 3);
  return one_variant(
      "softmax", std::to_string(keys) + " keys", [scores, keys](const KernelTable& table) {
        // The sums are one more row.
        Panels<float> out((keys + 1) * kernels::kQueryBlock);
        std::ranges::copy(scores, out.data());
        table.softmax({out.data(), keys, out.data() + scores.size()});
        return KernelOutput{kernels::kQueryBlock, {out.span().begin(), out.span().end()}};
      });
}

KernelCase layer_norm_case(std::size_t width, std::size_t tokens) {
  RandomNumbers random(static_cast<unsigned>(width));
  const auto in = std::make_shared<const Panels<float>>(random_panel(random, width, -3, 5));
  const auto gamma = random.floats(width, 0.5F, 1.5F);
  const auto beta = random.floats(width, -1, 1);
  return one_variant("layer_norm", sizes("width", width, tokens), [=](const KernelTable& table) {
    Panels<float> out(kernels::panel_floats(width));
    table.layer_norm({width, tokens, in->data(), gamma.data(), beta.data(), 1e-12F, out.data()});
    return output_of(out, width, tokens);
  });
}

KernelCase gelu_case(std::size_t count) {
  RandomNumbers random(static_cast<unsigned>(count));
  auto in = random.floats(count, -7, 7);
  // Values at which the polynomial begins, ends or means nothing.
  constexpr float kLimit = std::numeric_limits<float>::max();
  constexpr std::array kSpecial = {0.0F, -0.0F, 5.3F, -5.3F, 1e-40F, -1e-40F, kLimit, -kLimit};
  std::copy_n(kSpecial.begin(), std::min(count, kSpecial.size()), in.begin());
  return one_variant("gelu", std::to_string(count) + " numbers", [in](const KernelTable& table) {
    KernelOutput output{1, std::vector<float>(in.size())};
    table.gelu({in.data(), in.size(), output.values.data()});
    return output;
  });
}

KernelCase quantize_case(std::size_t features, std::size_t tokens) {
  RandomNumbers random(static_cast<unsigned>(features));
  const auto in = std::make_shared<Panels<float>>(random_panel(random, features, -3, 4));
  // Every second number is halfway between two steps.
  for (std::size_t i = 0; i < in->span().size(); i += 2)
    in->data()[i] = (static_cast<float>(random.between(-160, 160)) + 0.5F) / 64;
  return one_variant("quantize", sizes("features", features, tokens),
                     [=](const KernelTable& table) {
                       Panels<std::uint8_t> out(kernels::quad_panel_bytes(features));
                       table.quantize({features, tokens, in->data(), {1.0F / 64, 101}, out.data()});
                       return output_of(out, (features + 3) / 4 * 4, tokens);
                     });
}

// Three tables, one of each type.
KernelCase embedding_case(std::size_t width, std::size_t tokens) {
  constexpr std::size_t kRows = 11;
  RandomNumbers random(static_cast<unsigned>(width));
  const auto f32 = random.floats(kRows * width, -2, 2);
  std::vector<std::uint16_t> f16(kRows * width);
  // Finite halves: their exponent is below 31.
  for (std::uint16_t& half : f16)
    half = static_cast<std::uint16_t>(random.between(0, 0xFFFF) & 0xBFFF);
  std::vector<std::uint8_t> u8(kRows * width);
  for (std::uint8_t& value : u8) value = static_cast<std::uint8_t>(random.between(0, 255));
  std::array<std::vector<std::int32_t>, 3> ids;
  for (auto& of_table : ids)
    for (std::size_t t = 0; t < tokens; ++t)
      of_table.push_back(random.between(0, static_cast<int>(kRows) - 1));
  return one_variant("embedding", sizes("width", width, tokens), [=](const KernelTable& table) {
    const std::array<kernels::EmbeddingTable, 3> tables = {
        {{kernels::TableType::kF32, f32.data(), kRows, width, 1, 0},
         {kernels::TableType::kF16, f16.data(), kRows, width, 1, 0},
         {kernels::TableType::kU8, u8.data(), kRows, width, 0.037F, 121}}};
    const std::array<const std::int32_t*, 3> columns = {ids[0].data(), ids[1].data(),
                                                        ids[2].data()};
    Panels<float> out(kernels::panel_floats(width));
    table.embedding({tables.data(), tables.size(), columns.data(), tokens, out.data()});
    return output_of(out, width, tokens);
  });
}

}  // namespace

std::vector<KernelCase> panel_cases() {
  std::vector<KernelCase> cases;
  for (const std::size_t keys : {1, 17, 130}) cases.push_back(softmax_case(keys));
  for (const std::size_t width : {1, 15, 384, 769})
    cases.push_back(layer_norm_case(width, width % kPanelTokens + 1));
  for (const std::size_t count : {1, 8, 15, 16, 17, 1000}) cases.push_back(gelu_case(count));
  for (const std::size_t features : {1, 6, 385})
    cases.push_back(quantize_case(features, (features + 15) % kPanelTokens + 1));
  for (const std::size_t width : {1, 17, 384})
    cases.push_back(embedding_case(width, (width + 12) % kPanelTokens + 1));
  return cases;
}

}  // namespace filigree::tools
