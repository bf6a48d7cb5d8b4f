#include "kernels/gelu.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/internal/math_scalar.h"
#include "tests/kernels/guarded_memory.h"
#include "tests/kernels/op_support.h"

namespace filigree::kernels::testing {
namespace {

TEST(Gelu, GivesTheSameBitsOnEveryIsaForEveryKindOfFloat) {
  std::vector<float> values;
  for (std::uint64_t i = 0; i <= 0xFFFFFFFFU; i += 8191) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(i));
    if (x == x) values.push_back(x);
  }
  for (const KernelTable& table : tested_tables()) {
    SCOPED_TRACE(name_of(table));
    std::vector<float> out(values.size());
    table.gelu({values.data(), values.size(), out.data()});
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float expected = gelu_scalar(values[i]);
      // -infinity * 0 is not a number; its bits may differ.
      if (expected != expected) continue;
      ASSERT_EQ(bits(out[i]), bits(expected)) << "of " << values[i];
    }
  }
}

TEST(Gelu, WorksInPlaceForEveryCountAndTouchesNothingElse) {
  for (const KernelTable& table : tested_tables())
    for (std::size_t count = 0; count <= 33; ++count) {
      SCOPED_TRACE(name_of(table) + ", count " + std::to_string(count));
      GuardedMemory<float> memory(count + 1);
      Random(7).fill(memory.span(), -4, 4);
      const std::vector<float> before(memory.span().begin(), memory.span().end());
      table.gelu({memory.data() + 1, count, memory.data() + 1});
      EXPECT_EQ(bits(memory[0]), bits(before[0]));
      for (std::size_t i = 1; i <= count; ++i)
        EXPECT_EQ(bits(memory[i]), bits(gelu_scalar(before[i]))) << "element " << i;
    }
}

TEST(Gelu, KeepsNotANumber) {
  for (const KernelTable& table : tested_tables()) {
    float value = kNaN;
    table.gelu({&value, 1, &value});
    EXPECT_NE(value, value) << name_of(table);
  }
}

}  // namespace
}  // namespace filigree::kernels::testing
