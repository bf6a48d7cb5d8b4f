// Instruction sets, the tables and aligned memory.
#include "kernels/kernel_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "kernels/aligned_buffer.h"

namespace filigree::kernels {
namespace {

TEST(Isa, NamesAndParsesEachOne) {
  for (const Isa isa : kAllIsas) EXPECT_EQ(parse_isa(isa_name(isa)), isa);
  EXPECT_EQ(isa_name(Isa::kAvx512Vnni), "avx512_vnni");
}

TEST(Isa, KnowsNoOtherSpelling) {
  for (const char* name : {"", "AVX2", "avx-512", "avx2 ", "sse"})
    EXPECT_EQ(parse_isa(name), std::nullopt) << name;
}

TEST(Isa, EachOneImpliesThoseBefore) {
  EXPECT_TRUE(cpu_supports(Isa::kScalar));
  for (std::size_t i = 1; i < std::size(kAllIsas); ++i)
    EXPECT_TRUE(!cpu_supports(kAllIsas[i]) || cpu_supports(kAllIsas[i - 1]));
}

TEST(Isa, AgreesWithTheCompilersOwnDetection) {
  EXPECT_EQ(cpu_supports(Isa::kAvx2),
            __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0);
  EXPECT_EQ(cpu_supports(Isa::kAvx512),
            __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                __builtin_cpu_supports("avx512dq") != 0 &&
                __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512cd") != 0);
}

TEST(KernelTable, HasNoEmptySlot) {
  for (const KernelTable& table : supported_tables()) {
    SCOPED_TRACE(isa_name(table.isa));
    EXPECT_NE(table.dense_f32, nullptr);
    EXPECT_NE(table.unstructured_f32, nullptr);
    EXPECT_NE(table.block_1x4_f32, nullptr);
    EXPECT_NE(table.block_4x1_f32, nullptr);
    EXPECT_NE(table.dense_i8, nullptr);
    EXPECT_NE(table.groups_i8, nullptr);
    EXPECT_NE(table.unstructured_i8, nullptr);
    EXPECT_NE(table.attention_f32, nullptr);
    EXPECT_NE(table.attention_i8, nullptr);
    EXPECT_NE(table.softmax, nullptr);
    EXPECT_NE(table.layer_norm, nullptr);
    EXPECT_NE(table.gelu, nullptr);
    EXPECT_NE(table.quantize, nullptr);
    EXPECT_NE(table.embedding, nullptr);
  }
}

TEST(KernelTable, ListsScalarFirstAndOnlyWhatTheCpuHas) {
  ASSERT_FALSE(supported_tables().empty());
  EXPECT_EQ(supported_tables().front().isa, Isa::kScalar);
  for (const KernelTable& table : supported_tables()) EXPECT_TRUE(cpu_supports(table.isa));
}

TEST(KernelTable, FindsEverySupportedTable) {
  for (const KernelTable& table : supported_tables()) EXPECT_EQ(&table_for(table.isa), &table);
}

TEST(KernelTable, NamesTheIsaAndWhatThereIsWhenTheCpuLacksIt) {
  const auto missing = std::ranges::find_if(kAllIsas, [](Isa isa) { return !cpu_supports(isa); });
  if (missing == std::end(kAllIsas)) GTEST_SKIP() << "this CPU has every instruction set";
  try {
    table_for(*missing);
    FAIL() << "nothing thrown";
  } catch (const std::invalid_argument& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("'" + std::string(isa_name(*missing)) + "'"), std::string::npos)
        << message;
    EXPECT_NE(message.find("supported here: scalar"), std::string::npos) << message;
  }
}

TEST(KernelTable, PicksTheSlotOfAFormat) {
  const KernelTable& table = table_for(Isa::kScalar);
  EXPECT_EQ(linear_f32(table, WeightFormat::kDenseF32), table.dense_f32);
  EXPECT_EQ(linear_f32(table, WeightFormat::kUnstructuredF32), table.unstructured_f32);
  EXPECT_EQ(linear_f32(table, WeightFormat::kBlock1x4F32), table.block_1x4_f32);
  EXPECT_EQ(linear_f32(table, WeightFormat::kBlock4x1F32), table.block_4x1_f32);
  EXPECT_EQ(linear_i8(table, WeightFormat::kDenseI8), table.dense_i8);
  EXPECT_EQ(linear_i8(table, WeightFormat::kGroupsI8), table.groups_i8);
  EXPECT_EQ(linear_i8(table, WeightFormat::kUnstructuredI8), table.unstructured_i8);
}

TEST(AlignedBuffer, IsAlignedZeroedAndEmptyAfterAMove) {
  AlignedBuffer buffer(1000);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % AlignedBuffer::kAlignment, 0U);
  for (std::size_t i = 0; i < buffer.size(); ++i) EXPECT_EQ(buffer.data()[i], std::byte{0});
  const std::byte* data = buffer.data();
  const AlignedBuffer moved = std::move(buffer);
  EXPECT_EQ(moved.data(), data);
  EXPECT_EQ(moved.size(), 1000U);
}

}  // namespace
}  // namespace filigree::kernels
