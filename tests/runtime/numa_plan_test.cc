#include "runtime/numa_plan.h"

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "kernels/kernel_table.h"
#include "loader/weight_copies.h"
#include "runtime/batch_runner.h"
#include "runtime/worker_group.h"
#include "tests/runtime/tiny_model.h"

namespace filigree::runtime {
namespace {

using Policy = loader::WeightPlacement::Policy;

Cpu cpu(int id, int node, int memory_node) {
  return {.id = id, .core = id, .node = node, .memory_node = memory_node, .l3 = kNoL3, .kind = {}};
}

const std::vector<std::vector<Cpu>> kOneNode{{cpu(0, 0, 0), cpu(1, 0, 0)}};
const std::vector<std::vector<Cpu>> kTwoNodes{{cpu(0, 0, 0), cpu(1, 0, 0)},
                                              {cpu(2, 1, 1), cpu(3, 1, 1)}};

TEST(NumaPlan, PlacesNothingOnOneNode) {
  const NumaPlan plan = plan_numa(kOneNode, {}, {});
  EXPECT_EQ(plan.pinning, Pinning::kNone);
  EXPECT_EQ(plan.weights.policy, Policy::kSystem);
  EXPECT_EQ(plan.memory_nodes, (std::vector<std::vector<int>>{{}}));
  EXPECT_EQ(plan.reason, "");
  EXPECT_TRUE(plan.warnings.empty());
}

TEST(NumaPlan, ReplicatesOnSeveralNodesAndBindsThreads) {
  const NumaPlan plan = plan_numa(kTwoNodes, {}, {});
  EXPECT_EQ(plan.pinning, Pinning::kNuma);
  EXPECT_EQ(plan.weights.policy, Policy::kReplicated);
  EXPECT_EQ(plan.weights.nodes, (std::vector<int>{0, 1}));
  EXPECT_EQ(plan.memory_nodes, (std::vector<std::vector<int>>{{0, 0}, {1, 1}}));
  EXPECT_EQ(plan.reason,
            "numa replicate (the default here): packed weights on each of the nodes 0-1; "
            "2 streams: 2 threads on 0, 2 threads on 1");
  EXPECT_TRUE(plan.warnings.empty());
}

TEST(NumaPlan, InterleavesOnlyWeightsWhenAskedTo) {
  const NumaPlan plan = plan_numa(kTwoNodes, Numa::kInterleave, Pinning::kCore);
  EXPECT_EQ(plan.pinning, Pinning::kCore);
  EXPECT_EQ(plan.weights.policy, Policy::kInterleaved);
  EXPECT_EQ(plan.memory_nodes, (std::vector<std::vector<int>>{{0, 0}, {1, 1}}));
  EXPECT_TRUE(plan.reason.starts_with("numa interleave: ")) << plan.reason;
}

TEST(NumaPlan, LeavesMemoryToTheSystemWhenOff) {
  const NumaPlan plan = plan_numa(kTwoNodes, Numa::kOff, {});
  EXPECT_EQ(plan.weights.policy, Policy::kSystem);
  EXPECT_EQ(plan.memory_nodes, (std::vector<std::vector<int>>{{}, {}}));
  EXPECT_TRUE(plan.reason.starts_with("numa off: ")) << plan.reason;
}

TEST(NumaPlan, IsOffByDefaultForThreadsThatAreNotBoundAndWarnsWhenAskedFor) {
  EXPECT_EQ(plan_numa(kTwoNodes, {}, Pinning::kNone).weights.policy, Policy::kSystem);
  const NumaPlan plan = plan_numa(kTwoNodes, Numa::kReplicate, Pinning::kNone);
  EXPECT_EQ(plan.weights.policy, Policy::kReplicated);
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_EQ(plan.warnings[0],
            "numa replicate: threads are not bound (engine_thread_pinning none), so that they may "
            "leave the nodes of their weights and activations");
}

TEST(NumaPlan, SaysThatOneNodeLeavesNothingToDo) {
  const NumaPlan plan = plan_numa(kOneNode, Numa::kReplicate, {});
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_EQ(plan.warnings[0], "numa replicate has no effect: only the memory of node 0 is in use");
}

TEST(NumaPlan, LooksAtTheMemoryThatNodesUse) {
  const NumaPlan plan = plan_numa({{cpu(0, 0, 0)}, {cpu(1, 1, 0)}}, {}, {});
  EXPECT_EQ(plan.weights.policy, Policy::kSystem);
  EXPECT_EQ(plan.pinning, Pinning::kNuma);
}

std::string output_of(const loader::Model& model, std::vector<int> memory_nodes) {
  BatchRunner runner(kernels::supported_tables().back(),
                     {.batch_tokens = 256, .threads = 2, .memory_nodes = std::move(memory_nodes)});
  WorkerGroup group(Places(2));
  const std::vector<Sequence> sequences = random_sequences({40}, 50, 3);
  const Sequence* const sequence = &sequences[0];
  const auto results = runner.run(model, std::span(&sequence, 1), group);
  EXPECT_EQ(results.at(0).error, "");
  const auto bytes = results[0].output.tensors.at(0).bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Nobody but this test changes a model; a copy that differs shows who reads it.
TEST(WeightCopies, AreReadByTheThreadsOfTheirNode) {
  const auto shared = tiny_model({.linears = LinearForm::kMixed});
  auto& model = const_cast<loader::Model&>(*shared);
  loader::place_weights(model, {Policy::kReplicated, {0, 1}});
  ASSERT_EQ(model.copies.size(), 1u);
  const std::string original = output_of(model, {});
  EXPECT_EQ(output_of(model, {1, 1}), original);
  for (float& beta : model.copies[0].encoder.layers.back().output_norm.beta) beta += 1;
  EXPECT_EQ(output_of(model, {}), original);
  EXPECT_EQ(output_of(model, {0, 0}), original);
  const std::string changed = output_of(model, {1, 1});
  EXPECT_NE(changed, original);
  const std::string mixed = output_of(model, {0, 1});
  EXPECT_NE(mixed, original);
  EXPECT_NE(mixed, changed);
}

TEST(WeightCopies, CountAsMemoryOfTheModel) {
  const auto shared = tiny_model({});
  auto& model = const_cast<loader::Model&>(*shared);
  std::size_t packed = 0;
  for (const loader::EncoderLayer& layer : model.encoder->layers)
    for (const loader::Linear* linear : {&layer.query, &layer.key, &layer.value,
                                         &layer.attention_output, &layer.ffn_in, &layer.ffn_out})
      packed += linear->weights.bytes();
  const std::size_t before = model.memory_bytes;
  loader::place_weights(model, {Policy::kReplicated, {0, 1, 2}});
  EXPECT_EQ(model.memory_bytes, before + 2 * packed);
}

std::chrono::nanoseconds cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

TEST(IdleEngine, UsesNoProcessor) {
  const auto model = tiny_model({});
  Engine engine({.cores = 4, .streams = 2});
  Request request;
  request.model = model;
  request.sequences = random_sequences({60, 60, 60, 60}, 50, 1);
  ASSERT_EQ(engine.run(std::move(request)).status, Status::kOk);
  const auto before = cpu_time();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  // Four threads that spin 30 us once before they sleep are 0.12 ms; one that went on spinning
  // would be 1000 ms, one that looked a thousand times a second would be more than 10.
  EXPECT_LT(cpu_time() - before, std::chrono::milliseconds(10));
}

}  // namespace
}  // namespace filigree::runtime
