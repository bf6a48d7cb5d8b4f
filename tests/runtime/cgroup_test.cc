#include "runtime/cgroup.h"

#include <gtest/gtest.h>

#include "tests/runtime/fake_root.h"

namespace filigree::runtime {
namespace {

TEST(CgroupV2, HasNoQuotaWhereNoGroupSetsOne) {
  FakeRoot root;
  root.cgroup_v2("/app").file("/sys/fs/cgroup/app/cpu.max", "max 100000\n");
  const CgroupLimits limits = read_cgroup_limits(root.path());
  EXPECT_EQ(limits.quota_cpus, std::nullopt);
  EXPECT_TRUE(limits.notes.empty());
}

TEST(CgroupV2, DividesQuotaByPeriod) {
  FakeRoot root;
  root.cgroup_v2("/app").file("/sys/fs/cgroup/app/cpu.max", "150000 100000\n");
  const CgroupLimits limits = read_cgroup_limits(root.path());
  EXPECT_EQ(limits.quota_cpus, 1.5);
  EXPECT_EQ(limits.quota_file, "/sys/fs/cgroup/app/cpu.max");
}

TEST(CgroupV2, TakesTheSmallestQuotaOfNestedGroups) {
  FakeRoot root;
  root.cgroup_v2("/a/b/c")
      .file("/sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n")
      .file("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n")
      .file("/sys/fs/cgroup/a/cpu.max", "30000 10000\n");
  const CgroupLimits limits = read_cgroup_limits(root.path());
  EXPECT_EQ(limits.quota_cpus, 3.0);
  EXPECT_EQ(limits.quota_file, "/sys/fs/cgroup/a/cpu.max");
}

TEST(CgroupV2, FindsTheGroupOfAContainerThatSeesItsHostsPath) {
  FakeRoot root;
  root.cgroup_v2("/docker/7f/app", "/docker/7f")
      .file("/sys/fs/cgroup/app/cpu.max", "400000 100000\n")
      .file("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(read_cgroup_limits(root.path()).quota_cpus, 2.0);
}

TEST(CgroupV2, LooksAtTheMountPointWhenTheGroupIsNotVisible) {
  FakeRoot root;
  root.cgroup_v2("/../other", "/docker/7f").file("/sys/fs/cgroup/cpu.max", "250000 100000\n");
  EXPECT_EQ(read_cgroup_limits(root.path()).quota_cpus, 2.5);
}

TEST(CgroupV2, ReadsTheEffectiveCpuset) {
  FakeRoot root;
  root.cgroup_v2("/a/b").file("/sys/fs/cgroup/a/cpuset.cpus.effective", "2-3\n");
  const CgroupLimits limits = read_cgroup_limits(root.path());
  EXPECT_EQ(limits.cpuset, (CpuList{2, 3}));
  EXPECT_EQ(limits.cpuset_file, "/sys/fs/cgroup/a/cpuset.cpus.effective");
}

TEST(CgroupV2, NotesAndIgnoresGarbage) {
  for (const char* garbage :
       {"", "banana", "100000", "-5 100000", "100000 0", "1e5 100000", "1 2 3"}) {
    SCOPED_TRACE(garbage);
    FakeRoot root;
    root.cgroup_v2("/app").file("/sys/fs/cgroup/app/cpu.max", garbage);
    const CgroupLimits limits = read_cgroup_limits(root.path());
    EXPECT_EQ(limits.quota_cpus, std::nullopt);
    ASSERT_EQ(limits.notes.size(), 1u);
    EXPECT_EQ(limits.notes[0],
              "/sys/fs/cgroup/app/cpu.max: found '" + std::string(garbage) +
                  "', expected 'max' or a quota and a period in microseconds; ignored");
  }
}

TEST(CgroupV1, DividesQuotaByPeriodAndTakesTheSmallest) {
  FakeRoot root;
  root.cgroup_v1("/docker/7f")
      .file("/sys/fs/cgroup/cpu,cpuacct/docker/7f/cpu.cfs_quota_us", "350000\n")
      .file("/sys/fs/cgroup/cpu,cpuacct/docker/7f/cpu.cfs_period_us", "100000\n")
      .file("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "400000\n")
      .file("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "100000\n")
      .file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n")
      .file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  const CgroupLimits limits = read_cgroup_limits(root.path());
  EXPECT_EQ(limits.quota_cpus, 3.5);
  EXPECT_EQ(limits.quota_file, "/sys/fs/cgroup/cpu,cpuacct/docker/7f/cpu.cfs_quota_us");
  EXPECT_TRUE(limits.notes.empty());
}

TEST(CgroupV1, ReadsTheCpuset) {
  FakeRoot root;
  root.cgroup_v1("/docker/7f", "/docker/7f").file("/sys/fs/cgroup/cpuset/cpuset.cpus", "0,4-5\n");
  EXPECT_EQ(read_cgroup_limits(root.path()).cpuset, (CpuList{0, 4, 5}));
}

TEST(CgroupV1, NotesAQuotaWithoutAPeriod) {
  FakeRoot root;
  root.cgroup_v1("/a").file("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "100000\n");
  const CgroupLimits limits = read_cgroup_limits(root.path());
  EXPECT_EQ(limits.quota_cpus, std::nullopt);
  ASSERT_EQ(limits.notes.size(), 1u);
  EXPECT_NE(limits.notes[0].find("cpu.cfs_period_us"), std::string::npos) << limits.notes[0];
}

TEST(Cgroup, TakesTheSmallestOfBothVersions) {
  FakeRoot root;
  root.file("/proc/self/cgroup", "4:cpu:/a\n0::/b\n")
      .file("/proc/self/mountinfo",
            "31 30 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
            "32 30 0:28 / /sys/fs/cgroup/unified\\040tree rw - cgroup2 cgroup2 rw\n")
      .file("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "300000")
      .file("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000")
      .file("/sys/fs/cgroup/unified tree/b/cpu.max", "200000 100000");
  EXPECT_EQ(read_cgroup_limits(root.path()).quota_cpus, 2.0);
}

TEST(Cgroup, SaysWhenThereIsNothingToRead) {
  const FakeRoot root;
  EXPECT_EQ(read_cgroup_limits(root.path()).notes.size(), 1u);
}

TEST(Cgroup, SurvivesMalformedProcFiles) {
  FakeRoot root;
  root.file("/proc/self/cgroup", "\n::\nnonsense\n0::/a\n")
      .file("/proc/self/mountinfo", " - \n - cgroup2\n1 2 3 / - cgroup2 x rw\n\\777 - - -\n");
  const CgroupLimits limits = read_cgroup_limits(root.path());
  EXPECT_EQ(limits.quota_cpus, std::nullopt);
  ASSERT_EQ(limits.notes.size(), 1u);
  EXPECT_NE(limits.notes[0].find("'nonsense'"), std::string::npos) << limits.notes[0];
}

}  // namespace
}  // namespace filigree::runtime
