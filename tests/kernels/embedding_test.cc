#include "kernels/embedding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "tests/kernels/guarded_memory.h"
#include "tests/kernels/op_support.h"

namespace filigree::kernels::testing {
namespace {

constexpr std::size_t kRows = 13;

std::size_t element_size(TableType type) {
  return type == TableType::kF32 ? 4 : type == TableType::kF16 ? 2 : 1;
}

// Rows of random numbers in memory that ends with them.
struct Rows {
  Rows(TableType type_in, std::size_t width_in, std::uint32_t seed)
      : type(type_in), width(width_in), bytes(kRows * width_in * element_size(type_in)) {
    Random random(seed);
    random.fill(bytes.span());
    if (type == TableType::kF32)
      for (std::size_t i = 0; i < kRows * width; ++i) {
        const float value = random.uniform(-2, 2);
        std::memcpy(bytes.data() + 4 * i, &value, 4);
      }
    if (type == TableType::kF16)  // no infinities: exponent below 31
      for (std::size_t i = 0; i < kRows * width; ++i) bytes[2 * i + 1] &= 0xBFU;
  }
  EmbeddingTable table() const { return {type, bytes.data(), kRows, width, 0.037F, 121}; }

  float entry(std::size_t index) const {
    if (type == TableType::kU8)
      return static_cast<float>(static_cast<int>(bytes[index]) - 121) * 0.037F;
    float value = 0;
    if (type == TableType::kF32) {
      std::memcpy(&value, bytes.data() + 4 * index, 4);
      return value;
    }
    std::uint16_t half = 0;
    std::memcpy(&half, bytes.data() + 2 * index, 2);
    const int exponent = half >> 10 & 31;
    const int fraction = half & 1023;
    value = std::ldexp(static_cast<float>(exponent == 0 ? fraction : fraction + 1024),
                       (exponent == 0 ? 1 : exponent) - 25);
    return half >> 15 != 0 ? -value : value;
  }

  TableType type;
  std::size_t width;
  GuardedMemory<std::uint8_t> bytes;
};

void expect_sums(const KernelTable& table, std::size_t width, std::size_t tokens) {
  SCOPED_TRACE(name_of(table) + ", width " + std::to_string(width) + ", tokens " +
               std::to_string(tokens));
  const Rows rows[] = {Rows(TableType::kF32, width, 1), Rows(TableType::kF16, width, 2),
                       Rows(TableType::kU8, width, 3)};
  const EmbeddingTable tables[] = {rows[0].table(), rows[1].table(), rows[2].table()};
  Random random(static_cast<std::uint32_t>(width + tokens));
  GuardedMemory<std::int32_t> ids[] = {GuardedMemory<std::int32_t>(tokens),
                                       GuardedMemory<std::int32_t>(tokens),
                                       GuardedMemory<std::int32_t>(tokens)};
  for (auto& list : ids)
    for (std::int32_t& id : list.span()) id = static_cast<std::int32_t>(random.below(kRows));
  for (auto& list : ids) list[tokens - 1] = kRows - 1;  // the row that ends at the guard page
  const std::int32_t* const id_lists[] = {ids[0].data(), ids[1].data(), ids[2].data()};

  // Any number of tables; each type is the first one once.
  for (std::size_t first = 0; first < 3; ++first)
    for (std::size_t count = 1; count + first <= 3; ++count) {
      GuardedMemory<float> out(panel_floats(width));
      table.embedding({tables + first, count, id_lists + first, tokens, out.data()});
      for (std::size_t t = 0; t < tokens; ++t)
        for (std::size_t f = 0; f < width; ++f) {
          const auto entry = [&](std::size_t i) {
            return rows[i].entry(static_cast<std::size_t>(ids[i][t]) * width + f);
          };
          float expected = entry(first);
          for (std::size_t i = 1; i < count; ++i) expected += entry(first + i);
          ASSERT_EQ(bits(out[f * kPanelTokens + t]), bits(expected))
              << "tables " << first << " + " << count << ", feature " << f << ", token " << t;
        }
    }
}

TEST(Embedding, SumsRowsOfEveryTypeExactlyOnEveryIsa) {
  for (const KernelTable& table : tested_tables()) {
    for (const std::size_t width : {1, 2, 7, 8, 9, 15, 16, 17, 26, 384})
      expect_sums(table, width, 9);
    for (const std::size_t tokens : kTokenEdges) expect_sums(table, 17, tokens);
  }
}

TEST(Embedding, ConvertsEveryHalfToTheSameBitsOnEveryIsa) {
  constexpr std::size_t kHalves = 65536;
  std::vector<std::uint16_t> halves(kHalves);
  for (std::size_t i = 0; i < kHalves; ++i) halves[i] = static_cast<std::uint16_t>(i);
  const EmbeddingTable table{TableType::kF16, halves.data(), 1, kHalves, 0, 0};
  const std::int32_t id = 0;
  const std::int32_t* const ids = &id;
  std::vector<float> expected(panel_floats(kHalves));
  supported_tables().front().embedding({&table, 1, &ids, 1, expected.data()});
  for (const KernelTable& kernels : supported_tables()) {
    GuardedMemory<float> out(panel_floats(kHalves));
    kernels.embedding({&table, 1, &ids, 1, out.data()});
    for (std::size_t i = 0; i < kHalves; ++i)
      ASSERT_EQ(bits(out[i * kPanelTokens]), bits(expected[i * kPanelTokens]))
          << name_of(kernels) << ", half " << i;
  }
}

}  // namespace
}  // namespace filigree::kernels::testing
