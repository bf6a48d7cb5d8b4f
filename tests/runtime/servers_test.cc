// What is chosen on machines as they are sold: tests/data/topologies.
#include <gtest/gtest.h>

#include <numeric>

#include "runtime/stream_plan.h"
#include "runtime/topology.h"
#include "tests/runtime/fake_root.h"

namespace filigree::runtime {
namespace {

CpuList range(int first, int last) {
  CpuList cpus(static_cast<std::size_t>(last - first + 1));
  std::iota(cpus.begin(), cpus.end(), first);
  return cpus;
}

CpuList sorted_ids(const std::vector<Cpu>& places) {
  CpuList cpus;
  for (const Cpu& cpu : places) cpus.push_back(cpu.id);
  std::ranges::sort(cpus);
  return cpus;
}

// "0-7 | 8-15": the CPUs of each stream.
std::string streams_text(const CoreChoice& choice, std::size_t streams) {
  std::string text;
  for (const auto& stream : divide_places(choice.places, streams))
    text += (text.empty() ? "" : " | ") + cpu_list_text(sorted_ids(stream));
  return text;
}

TEST(Servers, TwoSocketsOfAXeonUseEachCoreOnceAndAStreamForEachSocket) {
  FakeRoot root;
  root.cgroup_v2("/").manifest("xeon_2_sockets.txt");
  const Topology topology = read_topology(root.path(), range(0, 31));
  EXPECT_EQ(topology.physical_cores, 16u);
  EXPECT_EQ(topology.l3_groups, 2u);
  EXPECT_TRUE(topology.notes.empty()) << topology.notes[0];
  const CoreChoice choice = choose_cores(topology, 0);
  EXPECT_EQ(choice.reason,
            "16 cores: affinity 0-31 (16 physical cores), 2 NUMA nodes, cgroup quota none");
  EXPECT_EQ(sorted_ids(choice.places), range(0, 15));
  EXPECT_EQ(streams_text(choice, 2), "0-7 | 8-15");
  EXPECT_EQ(memory_nodes_of(choice.places), (std::vector<int>{0, 1}));
}

TEST(Servers, SiblingsComeAfterAllCoresOfBothSockets) {
  FakeRoot root;
  root.cgroup_v2("/").manifest("xeon_2_sockets.txt");
  const CoreChoice choice = choose_cores(read_topology(root.path(), range(0, 31)), 20);
  EXPECT_EQ(choice.places[15].id, 15);
  EXPECT_EQ(choice.places[16].id, 16);
  EXPECT_EQ(streams_text(choice, 2), "0-7,16-19 | 8-15");
}

TEST(Servers, StreamsOfAXeonDoNotStraddleItsSockets) {
  FakeRoot root;
  root.cgroup_v2("/").manifest("xeon_2_sockets.txt");
  const CoreChoice choice = choose_cores(read_topology(root.path(), range(0, 31)), 0);
  EXPECT_EQ(streams_text(choice, 1), "0-15");
  EXPECT_EQ(streams_text(choice, 3), "0-3 | 4-7 | 8-15");
  EXPECT_EQ(streams_text(choice, 4), "0-3 | 4-7 | 8-11 | 12-15");
}

TEST(Servers, AQuotaSmallerThanASocketStaysOnOne) {
  FakeRoot root;
  root.cgroup_v2("/app")
      .manifest("xeon_2_sockets.txt")
      .file("/sys/fs/cgroup/app/cpu.max", "650000 100000\n")
      .file("/sys/fs/cgroup/app/cpuset.cpus.effective", "4-11,20-27\n");
  const CoreChoice choice = choose_cores(read_topology(root.path(), range(0, 31)), 0);
  EXPECT_EQ(choice.reason,
            "6 cores: affinity 0-31, of which 16 online and in the cpuset (8 physical cores), "
            "2 NUMA nodes, cgroup quota 6.50 (/sys/fs/cgroup/app/cpu.max)");
  EXPECT_EQ(streams_text(choice, 2), "4-7 | 8-9");
}

TEST(Servers, AnEpycInFourNodesHasAStreamForEachNodeAndThenForEachL3) {
  FakeRoot root;
  root.cgroup_v2("/").manifest("epyc_nps4.txt");
  const Topology topology = read_topology(root.path(), range(0, 31));
  const CoreChoice choice = choose_cores(topology, 0);
  EXPECT_EQ(choice.reason,
            "16 cores: affinity 0-31 (16 physical cores), 4 NUMA nodes with 8 L3 caches, "
            "cgroup quota none");
  EXPECT_EQ(streams_text(choice, 4), "0-3 | 4-7 | 8-11 | 12-15");
  EXPECT_EQ(streams_text(choice, 8), "0-1 | 2-3 | 4-5 | 6-7 | 8-9 | 10-11 | 12-13 | 14-15");
  EXPECT_EQ(streams_text(choice, 2), "0-7 | 8-15");
  EXPECT_EQ(memory_nodes_of(choice.places), (std::vector<int>{0, 1, 2, 3}));
}

TEST(Servers, AHybridProcessorComputesOnItsPerformanceCores) {
  FakeRoot root;
  root.cgroup_v2("/").manifest("core_i9_hybrid.txt");
  const Topology topology = read_topology(root.path(), range(0, 23));
  const CoreChoice choice = choose_cores(topology, 0);
  EXPECT_EQ(choice.reason,
            "8 cores: affinity 0-23 (16 physical cores), 8 performance and 8 efficiency cores, "
            "cgroup quota none");
  EXPECT_EQ(sorted_ids(choice.places), (CpuList{0, 2, 4, 6, 8, 10, 12, 14}));
  // Those asked for beyond them are efficiency cores before siblings.
  EXPECT_EQ(sorted_ids(choose_cores(topology, 16).places),
            (CpuList{0, 2, 4, 6, 8, 10, 12, 14, 16, 17, 18, 19, 20, 21, 22, 23}));
}

TEST(Servers, MoreEfficiencyThanPerformanceCoresAreUsedTogether) {
  FakeRoot root;
  root.cgroup_v2("/").manifest("core_i9_hybrid.txt");
  CpuList affinity = range(8, 23);
  EXPECT_EQ(choose_cores(read_topology(root.path(), affinity), 0).cores, 12u);
  EXPECT_EQ(choose_cores(read_topology(root.path(), range(16, 23)), 0).cores, 8u);
}

TEST(Servers, CpusThatAreOfflineAreNotUsedAndCauseNoNotes) {
  FakeRoot root;
  root.cgroup_v2("/").manifest("xeon_offline.txt");
  const Topology topology = read_topology(root.path(), range(0, 15));
  EXPECT_TRUE(topology.notes.empty()) << topology.notes[0];
  const CoreChoice choice = choose_cores(topology, 0);
  EXPECT_EQ(choice.reason,
            "7 cores: affinity 0-15, of which 7 online and in the cpuset, 2 NUMA nodes, "
            "cgroup quota none");
  EXPECT_EQ(streams_text(choice, 2), "0,2-3 | 4-7");
}

TEST(Servers, NodesWithoutMemoryUseTheNearestThatHasSome) {
  FakeRoot root;
  root.cgroup_v2("/").manifest("memoryless_node.txt");
  const CoreChoice choice = choose_cores(read_topology(root.path(), range(0, 63)), 0);
  EXPECT_EQ(nodes_of(choice.places), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(memory_nodes_of(choice.places), (std::vector<int>{0, 2}));
  for (const Cpu& cpu : choice.places)
    EXPECT_EQ(cpu.memory_node, cpu.node < 2 ? 0 : 2) << "CPU " << cpu.id;
}

TEST(Servers, AContainerOfHalfACpuHasOneCoreAndTheMemoryThatItMayUse) {
  FakeRoot root;
  root.manifest("one_cpu_container.txt");
  const Topology topology = read_topology(root.path(), {37});
  const CoreChoice choice = choose_cores(topology, 0);
  EXPECT_EQ(choice.reason, "1 core: affinity 37, cgroup quota 0.50 (/sys/fs/cgroup/cpu.max)");
  ASSERT_EQ(choice.places.size(), 1u);
  EXPECT_EQ(choice.places[0].core, 5);
  EXPECT_EQ(choice.places[0].node, 0);
  EXPECT_EQ(choice.places[0].memory_node, 1);
}

TEST(Servers, NotesMalformedNodes) {
  FakeRoot root;
  root.cgroup_v2("/").cpu(0, "0").file("/sys/devices/system/node/online", "all of them\n");
  const Topology topology = read_topology(root.path(), {0});
  ASSERT_EQ(topology.notes.size(), 1u);
  EXPECT_EQ(topology.notes[0],
            "/sys/devices/system/node/online: found 'all of them', expected numbers like 0-3,8");
  EXPECT_EQ(topology.cpus[0].memory_node, 0);
}

}  // namespace
}  // namespace filigree::runtime
