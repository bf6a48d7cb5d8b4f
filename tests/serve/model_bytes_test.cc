#include "serve/http/model_bytes.h"

#include <gtest/gtest.h>

#include <vector>

namespace filigree::serve {
namespace {

constexpr std::size_t kTable = 40'000;  // bytes

// A table filled with `value`, and `own` bytes of other things.
std::shared_ptr<const loader::Model> model(float value, std::size_t own) {
  auto model = std::make_shared<loader::Model>();
  auto table = loader::Tensor::of<float>({kTable / sizeof(float)},
                                         std::vector<float>(kTable / sizeof(float), value));
  model->blocks.push_back(loader::share(table));
  model->memory_bytes = kTable + own;
  return model;
}

TEST(ModelBytes, AreOwnUntilAnotherModelHasTheSameTable) {
  const auto first = model(1, 100);
  EXPECT_EQ(model_bytes(*first).own, kTable + 100);
  EXPECT_EQ(model_bytes(*first).shared, 0U);
  auto second = model(1, 200);
  const auto other = model(2, 300);
  EXPECT_EQ(model_bytes(*first).own, 100U);
  EXPECT_EQ(model_bytes(*first).shared, kTable);
  EXPECT_EQ(model_bytes(*second).own, 200U);
  EXPECT_EQ(model_bytes(*other).shared, 0U);
  second.reset();
  EXPECT_EQ(model_bytes(*first).own, kTable + 100);
}

TEST(ModelBytes, TogetherCountWhatIsSharedOnce) {
  const std::vector models{model(1, 100), model(1, 200), model(2, 300)};
  EXPECT_EQ(total_bytes(models), 2 * kTable + 600);
  const std::vector twice{models[0], models[0]};
  EXPECT_EQ(total_bytes(twice), kTable + 100);
  EXPECT_EQ(total_bytes({}), 0U);
}

}  // namespace
}  // namespace filigree::serve
