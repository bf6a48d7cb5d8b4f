#include "runtime/topology.h"

#include <gtest/gtest.h>

#include "tests/runtime/fake_root.h"

namespace filigree::runtime {
namespace {

std::vector<int> ids(const std::vector<Cpu>& cpus) {
  std::vector<int> numbers;
  for (const Cpu& cpu : cpus) numbers.push_back(cpu.id);
  return numbers;
}

FakeRoot& two_plain_cores(FakeRoot& root) {
  return root.cgroup_v2("/").cpu(0, "0").cpu(1, "1").file("/sys/devices/system/cpu/online",
                                                          "0-1\n");
}

// 4 cores of two threads: CPU i and i + 4. Two nodes.
FakeRoot& four_smt_cores(FakeRoot& root) {
  root.cgroup_v2("/app").file("/sys/devices/system/cpu/online", "0-7\n");
  for (int i = 0; i < 8; ++i) root.cpu(i, std::to_string(i % 4) + "," + std::to_string(i % 4 + 4));
  return root.file("/sys/devices/system/node/online", "0-1\n")
      .node(0, "0-1,4-5")
      .node(1, "2-3,6-7");
}

TEST(Topology, ExplainsTheDefault) {
  FakeRoot root;
  const CoreChoice choice = choose_cores(read_topology(two_plain_cores(root).path(), {0, 1}), 0);
  EXPECT_EQ(choice.cores, 2u);
  EXPECT_EQ(choice.reason, "2 cores: affinity 0-1, cgroup quota none");
  EXPECT_EQ(ids(choice.places), (std::vector<int>{0, 1}));
}

TEST(Topology, CountsSmtSiblingsOnce) {
  FakeRoot root;
  const Topology topology = read_topology(four_smt_cores(root).path(), {0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(topology.physical_cores, 4u);
  EXPECT_EQ(topology.nodes, 2u);
  const CoreChoice choice = choose_cores(topology, 0);
  EXPECT_EQ(choice.reason,
            "4 cores: affinity 0-7 (4 physical cores), 2 NUMA nodes, cgroup quota none");
  EXPECT_EQ(ids(choice.places), (std::vector<int>{0, 1, 2, 3}));
}

TEST(Topology, PlacesPhysicalCoresNodeByNodeAndThenTheirSiblings) {
  FakeRoot root;
  four_smt_cores(root).node(0, "0,2,4,6").node(1, "1,3,5,7");
  const Topology topology = read_topology(root.path(), {0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(ids(choose_cores(topology, 8).places), (std::vector<int>{0, 2, 1, 3, 4, 6, 5, 7}));
}

TEST(Topology, TakesASiblingForACoreWhenItsOtherHalfIsNotAllowed) {
  FakeRoot root;
  const Topology topology = read_topology(four_smt_cores(root).path(), {1, 4, 5, 6});
  EXPECT_EQ(topology.physical_cores, 3u);
  EXPECT_EQ(ids(choose_cores(topology, 0).places), (std::vector<int>{1, 4, 6}));
}

TEST(Topology, CountsEveryCoreWhereKindsAreNotTold) {
  FakeRoot root;
  root.cgroup_v2("/").cpu(0, "0-1").cpu(1, "0-1").cpu(2, "2-3").cpu(3, "2-3").cpu(4, "4").cpu(5,
                                                                                              "5");
  const CoreChoice choice = choose_cores(read_topology(root.path(), {0, 1, 2, 3, 4, 5}), 0);
  EXPECT_EQ(choice.cores, 4u);
  EXPECT_EQ(ids(choice.places), (std::vector<int>{0, 2, 4, 5}));
}

TEST(Topology, RoundsAFractionalQuotaDown) {
  FakeRoot root;
  four_smt_cores(root).file("/sys/fs/cgroup/app/cpu.max", "250000 100000\n");
  const CoreChoice choice = choose_cores(read_topology(root.path(), {0, 1, 2, 3}), 0);
  EXPECT_EQ(choice.cores, 2u);
  EXPECT_EQ(choice.reason,
            "2 cores: affinity 0-3, 2 NUMA nodes, cgroup quota 2.50 (/sys/fs/cgroup/app/cpu.max)");
}

TEST(Topology, KeepsOneCoreWithAQuotaBelowOne) {
  FakeRoot root;
  two_plain_cores(root).file("/sys/fs/cgroup/cpu.max", "20000 100000\n");
  const CoreChoice choice = choose_cores(read_topology(root.path(), {0, 1}), 0);
  EXPECT_EQ(choice.cores, 1u);
  EXPECT_EQ(choice.reason, "1 core: affinity 0-1, cgroup quota 0.20 (/sys/fs/cgroup/cpu.max)");
}

TEST(Topology, LeavesOutWhatIsOfflineOrNotInTheCpuset) {
  FakeRoot root;
  four_smt_cores(root)
      .file("/sys/devices/system/cpu/online", "0-2,4-7\n")
      .file("/sys/fs/cgroup/app/cpuset.cpus.effective", "0-3\n");
  const Topology topology = read_topology(root.path(), {0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(ids(topology.cpus), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(choose_cores(topology, 0).reason,
            "3 cores: affinity 0-7, of which 3 online and in the cpuset, 2 NUMA nodes, "
            "cgroup quota none");
}

TEST(Topology, IgnoresACpusetThatLeavesNothing) {
  FakeRoot root;
  two_plain_cores(root).file("/sys/fs/cgroup/cpuset.cpus.effective", "6-7\n");
  const Topology topology = read_topology(root.path(), {0, 1});
  EXPECT_EQ(ids(topology.cpus), (std::vector<int>{0, 1}));
  ASSERT_EQ(topology.notes.size(), 1u);
  EXPECT_EQ(
      topology.notes[0],
      "/sys/fs/cgroup/cpuset.cpus.effective 6-7 shares no CPU with the affinity 0-1; ignored");
}

TEST(Topology, NotesUnreadableAndMalformedSiblings) {
  FakeRoot root;
  root.cgroup_v2("/").cpu(0, "potato").cpu(2, "0-1");
  const Topology topology = read_topology(root.path(), {0, 1, 2});
  EXPECT_EQ(topology.physical_cores, 3u);
  ASSERT_EQ(topology.notes.size(), 3u);
  EXPECT_NE(topology.notes[0].find("found 'potato', expected a list with CPU 0"),
            std::string::npos);
  EXPECT_NE(topology.notes[1].find("cpu1/topology/core_cpus_list cannot be read"),
            std::string::npos);
  EXPECT_NE(topology.notes[2].find("expected a list with CPU 2"), std::string::npos);
}

TEST(Topology, SaysWhenMoreIsAskedForThanThereIs) {
  FakeRoot root;
  const CoreChoice choice = choose_cores(read_topology(two_plain_cores(root).path(), {0, 1}), 3);
  EXPECT_EQ(choice.cores, 3u);
  EXPECT_EQ(choice.reason,
            "3 cores: asked for; affinity 0-1, cgroup quota none; more than the 2 available");
  EXPECT_EQ(ids(choice.places), (std::vector<int>{0, 1, 0}));
}

TEST(Topology, OfThisProcessHasACore) {
  const Topology topology = process_topology();
  EXPECT_GE(topology.physical_cores, 1u);
  EXPECT_LE(topology.physical_cores, topology.cpus.size());
  EXPECT_GE(choose_cores(topology, 0).cores, 1u);
}

}  // namespace
}  // namespace filigree::runtime
