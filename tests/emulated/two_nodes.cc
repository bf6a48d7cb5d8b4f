// On a real kernel with two NUMA nodes (tools/numa): CPUs 0-1 and memory on node 0, 2-3 on node 1.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "loader/model.h"
#include "loader/page_placement.h"
#include "runtime/engine.h"
#include "runtime/topology.h"
#include "tests/emulated/guest_placement.h"

namespace filigree::runtime {
namespace {

using ModelPtr = std::shared_ptr<const loader::Model>;
using Pages = std::map<int, std::size_t>;

constexpr char kModel[] =
    FILIGREE_SOURCE_DIR "/third_party/models/minilm6-squad-pruned80-int8/model.onnx";

// The first load packs, and later ones read what it has stored.
ModelPtr model_for(const Engine& engine) {
  return loader::load_model(
      kModel, {.cache = {.folder = "/tmp/packed"}, .placement = engine.weight_placement()});
}

Pages weight_pages(const loader::Encoder& encoder) {
  Pages all;
  for (const loader::EncoderLayer& layer : encoder.layers)
    for (const loader::Linear* linear : {&layer.query, &layer.key, &layer.value,
                                         &layer.attention_output, &layer.ffn_in, &layer.ffn_out})
      for (const auto& [node, pages] : pages_by_node(linear->weights.storage())) all[node] += pages;
  return all;
}

// One thread computes these, whatever the stream has: threads that meet once a layer take seconds
// on CPUs that take turns.
const std::vector<std::size_t> kShort{5, 7, 1};
// Four threads compute this one, of both nodes when the stream has both.
const std::vector<std::size_t> kOfFourThreads{32};

std::vector<std::string> answers(Engine& engine, const ModelPtr& model,
                                 const std::vector<std::size_t>& lengths = kShort) {
  Request request;
  request.model = model;
  for (const std::size_t tokens : lengths)
    request.sequences.push_back({.ids = std::vector<std::int32_t>(tokens, 2003), .type_ids = {}});
  const Response response = engine.run(std::move(request));
  EXPECT_EQ(response.status, Status::kOk) << response.message;
  std::vector<std::string> bytes;
  for (const SequenceOutput& output : response.sequences)
    for (const loader::Tensor& tensor : output.tensors)
      bytes.emplace_back(reinterpret_cast<const char*>(tensor.bytes().data()),
                         tensor.bytes().size());
  return bytes;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(TwoNodes, AreFoundAndUsedByAStreamEach) {
  const Topology topology = process_topology();
  EXPECT_EQ(topology.nodes, 2u);
  const Engine engine({});
  EXPECT_EQ(engine.cores(), 4u);
  EXPECT_EQ(engine.streams(), 2u);
  EXPECT_EQ(engine.numa_reason(),
            "numa replicate (the default here): packed weights on each of the nodes 0-1; "
            "2 streams: 2 threads on 0, 2 threads on 1");
  EXPECT_NE(engine.cores_reason().find("2 NUMA nodes"), std::string::npos) << engine.cores_reason();
}

TEST(TwoNodes, EachHasACopyOfReplicatedWeights) {
  const Engine engine({});
  for (const char* from : {"ONNX", "the packed file"}) {
    SCOPED_TRACE(from);
    const ModelPtr model = model_for(engine);
    EXPECT_TRUE(model->warnings.empty()) << joined(model->warnings);
    ASSERT_EQ(model->copies.size(), 1u);
    const Pages first = weight_pages(*model->encoder);
    EXPECT_EQ(first, (Pages{{0, first.begin()->second}}));
    EXPECT_GT(first.begin()->second, 1000u);
    EXPECT_EQ(weight_pages(model->copies[0].encoder), (Pages{{1, first.begin()->second}}));
  }
}

TEST(TwoNodes, ShareInterleavedWeightsEvenly) {
  const Engine engine({.numa = Numa::kInterleave});
  const ModelPtr model = model_for(engine);
  EXPECT_TRUE(model->warnings.empty()) << joined(model->warnings);
  EXPECT_TRUE(model->copies.empty());
  const Pages pages = weight_pages(*model->encoder);
  ASSERT_EQ(pages.size(), 2u);
  // In turns of a huge page: at most one more here than there, and the last one is not full.
  const auto difference = std::abs(static_cast<long>(pages.at(0)) - static_cast<long>(pages.at(1)));
  EXPECT_LE(difference, 2 * 512) << pages.at(0) << " and " << pages.at(1);
}

TEST(TwoNodes, AreNotLookedAtWhenNumaIsOff) {
  const Engine engine({.numa = Numa::kOff});
  const BoundTo node_1({2, 3});
  const ModelPtr model = model_for(engine);
  EXPECT_TRUE(model->copies.empty());
  // The system puts memory where the thread runs that touches it first.
  EXPECT_EQ(weight_pages(*model->encoder).begin()->first, 1);
  EXPECT_EQ(weight_pages(*model->encoder).size(), 1u);
}

TEST(TwoNodes, ComputeTheSameBitsInEveryWay) {
  Engine reference({.cores = 1, .numa = Numa::kOff});
  const std::vector<std::string> want = answers(reference, model_for(reference));
  const std::vector<std::string> want_of_four =
      answers(reference, model_for(reference), kOfFourThreads);
  for (const Numa numa : {Numa::kReplicate, Numa::kInterleave, Numa::kOff})
    for (const std::size_t streams : {1, 2}) {
      // A sequence in each batch, so that several streams have work.
      Engine engine({.streams = streams, .numa = numa, .batch_tokens = 1});
      EXPECT_EQ(answers(engine, model_for(engine)), want)
          << "numa " << static_cast<int>(numa) << ", " << streams << " streams";
    }
  Engine spanning({.streams = 1, .numa = Numa::kReplicate});
  EXPECT_EQ(answers(spanning, model_for(spanning), kOfFourThreads), want_of_four);
}

TEST(TwoNodes, HoldTheActivationsOfTheirOwnStreams) {
  Engine engine({.batch_tokens = 1});
  const ModelPtr model = model_for(engine);
  const auto before = pages_by_policy();
  answers(engine, model);
  auto after = pages_by_policy();
  ASSERT_GT(engine.arena_bytes(), 1u << 20);
  for (const int node : {0, 1}) {
    const std::string policy = "prefer:" + std::to_string(node);
    SCOPED_TRACE(policy);
    EXPECT_EQ(after[policy].size(), 1u);
    EXPECT_EQ(after[policy].begin()->first, node);
  }
  const auto placed = [](auto pages) { return pages["prefer:0"][0] + pages["prefer:1"][1]; };
  EXPECT_GE((placed(after) - placed(before)) * 4096, engine.arena_bytes() / 2);
}

TEST(TwoNodes, ComputeARequestThatIsAloneTogether) {
  const std::vector<std::size_t> of_all_threads{80};
  Engine reference({.cores = 1, .numa = Numa::kOff});
  const std::vector<std::string> want = answers(reference, model_for(reference), of_all_threads);
  Engine engine({});
  const ModelPtr model = model_for(engine);
  ASSERT_EQ(model->copies.size(), 1u);
  // The next request may come before the stream that has answered the last one sleeps.
  for (int i = 0; i < 20 && engine.batch_sizes().joint == 0; ++i)
    EXPECT_EQ(answers(engine, model, of_all_threads), want);
  EXPECT_GT(engine.batch_sizes().joint, 0u);
  // Scratch of the threads of both nodes, on their nodes.
  auto pages = pages_by_policy();
  for (const int node : {0, 1}) {
    const std::string policy = "prefer:" + std::to_string(node);
    SCOPED_TRACE(policy);
    ASSERT_EQ(pages[policy].size(), 1u);
    EXPECT_EQ(pages[policy].begin()->first, node);
  }
}

TEST(TwoNodes, ShareTheActivationsOfAStreamOnBoth) {
  Engine engine({.streams = 1});
  const ModelPtr model = model_for(engine);
  answers(engine, model);
  const auto pages = pages_by_policy();
  ASSERT_TRUE(pages.contains("interleave:0-1"));
  EXPECT_EQ(pages.at("interleave:0-1").size(), 2u);
}

bool ran_where_allowed(const ThreadPlace& thread) {
  const auto cpus = parse_cpu_list(thread.allowed);
  return cpus && std::ranges::count(*cpus, thread.last_cpu) == 1;
}

std::vector<std::string> allowed_cpus_of_threads(const EngineOptions& options) {
  Engine engine(options);
  const ModelPtr model = model_for(engine);
  // A thread that has had nothing to do since it was bound is still where it was made.
  constexpr int kMostRounds = 20;
  for (int i = 0; i < kMostRounds; ++i) {
    answers(engine, model, kOfFourThreads);
    if (std::ranges::all_of(other_threads(), ran_where_allowed)) break;
  }
  std::vector<std::string> allowed;
  for (const ThreadPlace& thread : other_threads()) {
    allowed.push_back(thread.allowed);
    EXPECT_TRUE(ran_where_allowed(thread)) << thread.allowed << ", ran on " << thread.last_cpu;
  }
  std::ranges::sort(allowed);
  return allowed;
}

TEST(TwoNodes, HaveThreadsThatStayWhereTheyAreBound) {
  using Lists = std::vector<std::string>;
  EXPECT_EQ(allowed_cpus_of_threads({.streams = 1}), (Lists{"0-1", "0-1", "2-3", "2-3"}));
  EXPECT_EQ(allowed_cpus_of_threads({.streams = 1, .pinning = Pinning::kCore}),
            (Lists{"0", "1", "2", "3"}));
  EXPECT_EQ(allowed_cpus_of_threads({.streams = 1, .pinning = Pinning::kNone}),
            (Lists{"0-3", "0-3", "0-3", "0-3"}));
}

TEST(TwoNodes, AreOneForAProcessThatMayUseOne) {
  const BoundTo node_1({2, 3});
  const Engine engine({});
  EXPECT_EQ(engine.cores(), 2u);
  EXPECT_EQ(engine.streams(), 1u);
  EXPECT_EQ(engine.numa_reason(), "");
  EXPECT_EQ(engine.weight_placement().policy, loader::WeightPlacement::Policy::kSystem);
}

TEST(TwoNodes, AreAllThereAre) {
  alignas(4096) static std::byte page[4096];
  const auto error = loader::place_pages(page, {loader::PagePlacement::Policy::kPreferred, {5}});
  ASSERT_TRUE(error);
  EXPECT_EQ(*error, "memory cannot be placed on NUMA node 5: Invalid argument");
}

}  // namespace
}  // namespace filigree::runtime
