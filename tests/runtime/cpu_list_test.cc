#include "runtime/cpu_list.h"

#include <gtest/gtest.h>

namespace filigree::runtime {
namespace {

TEST(CpuList, ReadsNumbersAndRanges) {
  EXPECT_EQ(parse_cpu_list("0-3,8,10-11\n"), (CpuList{0, 1, 2, 3, 8, 10, 11}));
  EXPECT_EQ(parse_cpu_list(" 5 "), CpuList{5});
}

TEST(CpuList, SortsAndMergesWhatOverlaps) {
  EXPECT_EQ(parse_cpu_list("4,2-4,0"), (CpuList{0, 2, 3, 4}));
}

TEST(CpuList, TakesAnEmptyTextForAnEmptyList) {
  EXPECT_EQ(parse_cpu_list(""), CpuList{});
  EXPECT_EQ(parse_cpu_list("\n"), CpuList{});
}

TEST(CpuList, RefusesWhatIsNotAList) {
  for (const char* text :
       {"a", "1-", "-1", "3-1", "1,,2", "1,", "0-99999999", "1 2", "0x1", "99999999999999999999"})
    EXPECT_EQ(parse_cpu_list(text), std::nullopt) << text;
}

TEST(CpuList, WritesWhatItReads) {
  for (const char* text : {"0", "0-1", "0-3,8,10-11", "1,3,5"})
    EXPECT_EQ(cpu_list_text(*parse_cpu_list(text)), text);
  EXPECT_EQ(cpu_list_text({}), "none");
}

}  // namespace
}  // namespace filigree::runtime
