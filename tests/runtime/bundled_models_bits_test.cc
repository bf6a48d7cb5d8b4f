// The logits of the bundled models have the same bits on every instruction set, in every batch, on
// any number of threads and for weights stored dense or sparse. A failure names the first stage,
// token and feature that differ.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tools/selftest/selftest.h"

namespace filigree::tools {
namespace {

class BundledModelBits : public testing::TestWithParam<const char*> {};

TEST_P(BundledModelBits, DoNotDependOnIsaBatchThreadsOrFormat) {
  const ModelCheck check =
      model_check(std::string(FILIGREE_SOURCE_DIR) + "/third_party/models/" + GetParam(),
                  /*threads=*/4, Effort::kThorough);
  // As loaded, dense and sparse; of int8, one weight at a time as well.
  const bool is_int8 = std::string_view(GetParam()).ends_with("int8");
  ASSERT_EQ(check.forms.size(), is_int8 ? 4U : 3U) << "no encoder was recognised";
  ASSERT_EQ(check.batches.size(), 64U);
  for (const CheckResult& result : check_model(kernels::supported_tables(), check))
    EXPECT_EQ(result.difference, std::nullopt) << result.name;
}

INSTANTIATE_TEST_SUITE_P(Bundled, BundledModelBits,
                         testing::Values("minilm6-squad-dense", "minilm6-squad-pruned80",
                                         "minilm6-squad-pruned80-int8",
                                         "minilm6-squad-pruned80-block4-int8"),
                         [](const auto& model) {
                           std::string name;
                           for (const char c : std::string_view(model.param))
                             if (c != '-') name += c;
                           return name;
                         });

}  // namespace
}  // namespace filigree::tools
