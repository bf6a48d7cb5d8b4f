// The self-test finds what it is there to find: kernels that are wrong in one bit.
#include "tools/selftest/selftest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <memory>

#include "tools/commands/selftest_report.h"
#include "tools/selftest/kernel_checks.h"
#include "tools/selftest/tiny_model.h"

namespace filigree::tools {
namespace {

using kernels::KernelTable;

const KernelTable& scalar() { return kernels::supported_tables().front(); }

float next_float(float value) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) + 1);
}

// Wrong in the last bit of one feature of one lane.
void wrong_layer_norm(const kernels::LayerNormArgs& args) noexcept {
  scalar().layer_norm(args);
  if (args.width <= 3 || args.tokens <= 2) return;
  float& value = args.out[3 * kernels::kPanelTokens + 2];
  value = next_float(value);
}

void wrong_attention(const kernels::AttentionI8Args& args) noexcept {
  scalar().attention_i8(args);
  float& value = args.out[args.queries.panel * args.out_panel_stride + args.queries.lane];
  value = next_float(value);
}

// As if the products of a batch were added in another order than those of one sequence.
void wrong_in_full_panels(const kernels::LinearF32Args& args) noexcept {
  linear_f32(scalar(), args.weights.format)(args);
  if (args.tokens == kernels::kPanelTokens) args.y[0] = next_float(args.y[0]);
}

std::vector<KernelTable> with_wrong(auto KernelTable::*slot, auto* kernel) {
  KernelTable wrong = scalar();
  wrong.isa = kernels::Isa::kAvx2;
  wrong.*slot = kernel;
  return {scalar(), wrong};
}

std::vector<std::string> different(const std::vector<CheckResult>& results) {
  std::vector<std::string> names;
  for (const CheckResult& result : results)
    if (result.difference) names.push_back(result.name);
  return names;
}

const CheckResult& result_of(const std::vector<CheckResult>& results, const std::string& name) {
  return *std::ranges::find_if(results, [&](const auto& result) { return result.name == name; });
}

TEST(Selftest, FindsNoDifferenceHere) {
  const std::vector<CheckResult> results = run_selftest({.tables = kernels::supported_tables()});
  for (const CheckResult& result : results) {
    EXPECT_EQ(result.difference, std::nullopt);
    EXPECT_TRUE(result.runs > 0 || kernels::supported_tables().size() == 1) << result.name;
  }
}

TEST(Selftest, NamesTheKernelThatDiffersAndTheFirstValue) {
  const auto tables = with_wrong(&KernelTable::layer_norm, wrong_layer_norm);
  const auto results = check_kernels(tables);
  EXPECT_EQ(different(results), std::vector<std::string>{"layer_norm"});
  const std::string difference = result_of(results, "layer_norm").difference.value_or("none");
  EXPECT_EQ(difference.find("layer_norm, width 15, 16 tokens, token 2, feature 3: avx2 0x"), 0U)
      << difference;
  EXPECT_NE(difference.find(", scalar 0x"), std::string::npos) << difference;
}

TEST(Selftest, NamesTheLayerAndStageOfAModelThatDiffer) {
  const auto tables = with_wrong(&KernelTable::attention_i8, wrong_attention);
  const ModelCheck check = tiny_model_checks(2)[1];
  const auto results = check_model(tables, check);
  const std::string difference = results.front().difference.value_or("none");
  EXPECT_EQ(difference.find("small int8 encoder, avx2, sparse weights, 1 in a batch, 1 thread, "
                            "sequence 0: layer 0, attention context, token 0, feature 0: avx2 0x"),
            0U)
      << difference;
}

TEST(Selftest, NoticesWhatDependsOnTheBatchOnly) {
  const auto tables = with_wrong(&KernelTable::unstructured_f32, wrong_in_full_panels);
  const ModelCheck check = tiny_model_checks(2)[0];
  const auto results = check_model(tables, check);
  EXPECT_NE(result_of(results, "small fp32 encoder: batches of 1 to 64").difference, std::nullopt);
}

TEST(Selftest, NamesTheOutputWhereNoStageDiffers) {
  ModelCheck check = tiny_model_checks(1)[0];
  // Another head behind the same encoder.
  const auto other = std::const_pointer_cast<loader::Model>(tiny_model({}));
  other->rest.initializers["bias"] = loader::Tensor::of<float>({2}, std::vector{0.0F, 1000.0F});
  check.forms[1].model = other;
  const auto results = check_model(kernels::supported_tables().first(1), check);
  EXPECT_EQ(different(results),
            std::vector<std::string>{"small fp32 encoder: weights sparse, dense"});
  const std::string difference = results.back().difference.value_or("none");
  EXPECT_NE(difference.find("sequence 0: output 'start_logits', element 0: 0x"), std::string::npos)
      << difference;
}

TEST(Selftest, ReportsBothWaysAndSaysNo) {
  SelftestReport report;
  report.isas = {"scalar", "avx2"};
  report.checks = {{"gelu", 4, std::nullopt}, {"softmax", 2, "softmax, 3 keys: that one"}};
  report.seconds = 1.25;
  EXPECT_FALSE(all_the_same(report));
  EXPECT_EQ(table_text(report),
            "instruction sets: scalar, avx2\n\n"
            "gelu         4 runs  the same bits\n"
            "softmax      2 runs  DIFFERENT\n\n"
            "softmax, 3 keys: that one\n"
            "NOT the same bits, 1.2 s\n");
  EXPECT_EQ(json_text(report),
            R"({"same":false,"isas":["scalar","avx2"],"checks":[)"
            R"({"name":"gelu","runs":4,"same":true,"difference":null},)"
            R"({"name":"softmax","runs":2,"same":false,"difference":"softmax, 3 keys: that one"}],)"
            R"("seconds":1.25})"
            "\n");
  report.checks.pop_back();
  EXPECT_TRUE(all_the_same(report));
}

}  // namespace
}  // namespace filigree::tools
