// Streams that compute a batch together when nothing else waits.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <future>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "loader/weight_copies.h"
#include "runtime/batch_runner.h"
#include "runtime/engine.h"
#include "runtime/joint_pass.h"
#include "runtime/joint_team.h"
#include "runtime/scheduler.h"
#include "tests/runtime/sequence_pointers.h"
#include "tests/runtime/tiny_model.h"

namespace filigree::runtime {
namespace {

using ModelPtr = std::shared_ptr<const loader::Model>;

Request request_of(const ModelPtr& model, std::vector<Sequence> sequences) {
  Request request;
  request.model = model;
  request.sequences = std::move(sequences);
  return request;
}

std::string bytes_of(const SequenceOutput& output) {
  std::string bytes;
  for (const loader::Tensor& tensor : output.tensors)
    bytes.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
  return bytes;
}

TEST(JointPass, HasTheStreamsThatEnoughTokensAreThereFor) {
  const std::vector<std::size_t> threads{2, 1, 4};
  EXPECT_EQ(streams_with_work(threads, 0, 1), 1u);
  EXPECT_EQ(streams_with_work(threads, 0, 32), 1u);
  EXPECT_EQ(streams_with_work(threads, 0, 33), 2u);
  EXPECT_EQ(streams_with_work(threads, 0, 49), 3u);
  EXPECT_EQ(streams_with_work(threads, 2, 64), 1u);
  EXPECT_EQ(streams_with_work(threads, 2, 96), 2u);
  EXPECT_EQ(streams_with_work(threads, 2, 4000), 3u);
  const JointPass pass{1, 2, 2};
  EXPECT_TRUE(pass.has(2, 3));
  EXPECT_TRUE(pass.has(0, 3));
  EXPECT_FALSE(pass.has(1, 3));
}

// Passes of changing leaders, with calls that need fewer ranks than there are; not atomic, so that
// TSan checks what orders them.
TEST(JointTeam, RunsEveryRankOnceOnAThreadOfItsOwn) {
  WorkerGroup first{Places(2)}, second{Places(1)}, third{Places(3)};
  JointTeam team({&first, &second, &third});
  constexpr std::size_t kPasses = 30;
  for (std::uint32_t number = 1; number <= kPasses; ++number) {
    const JointPass pass{number, number % 3, 2 + number % 2};
    std::vector<std::thread> helpers;
    for (std::size_t i = 1; i < pass.streams; ++i)
      helpers.emplace_back([&, i] { team.help((pass.first + i) % 3, pass); });
    team.begin(pass);
    const std::size_t size = team.size();
    for (const std::size_t ranks : {size, std::size_t{1}, size / 2}) {
      std::vector<int> before(ranks, 0), after(ranks, 0);
      std::vector<std::thread::id> ids(ranks);
      team.parallel(ranks, [&](std::size_t rank) {
        ++before[rank];
        ids[rank] = std::this_thread::get_id();
        team.barrier();
        for (const int count : before) after[rank] += count;
      });
      ASSERT_EQ(after, std::vector<int>(ranks, static_cast<int>(ranks))) << "pass " << number;
      ASSERT_EQ(ids[0], std::this_thread::get_id());
      ASSERT_EQ(std::set<std::thread::id>(ids.begin(), ids.end()).size(), ranks);
    }
    team.end();
    for (std::thread& helper : helpers) helper.join();
  }
  team.help(0, {kPasses - 1, 1, 3});  // over: returns at once
}

// Nobody but this test changes a model; a copy that differs shows who reads it.
TEST(JointTeam, ReadsTheCopyOfTheNodeOfEachThread) {
  const auto shared = tiny_model({.linears = LinearForm::kMixed});
  auto& model = const_cast<loader::Model&>(*shared);
  loader::place_weights(model, {loader::WeightPlacement::Policy::kReplicated, {0, 1}});
  const std::vector<Sequence> sequences = random_sequences({40}, 50, 3);
  const auto output = [&](std::vector<int> nodes, std::vector<int> nodes_of_other) {
    WorkerGroup own{Places(1)}, other{Places(1)};
    JointTeam team({&own, &other});
    const kernels::KernelTable& table = kernels::supported_tables().back();
    BatchRunner leading(
        table, {.batch_tokens = 256, .memory_nodes = std::move(nodes), .joint_threads = {2}});
    BatchRunner joining(
        table,
        {.batch_tokens = 256, .memory_nodes = std::move(nodes_of_other), .joint_threads = {2}});
    const JointPass pass{1, 0, 2};
    std::thread helper([&] { team.help(1, pass); });
    team.begin(pass);
    BatchRunner* const joined[] = {&joining};
    const auto results = leading.run(model, pointers(sequences), team, nullptr, {}, joined);
    team.end();
    helper.join();
    EXPECT_EQ(results.at(0).error, "");
    EXPECT_GT(joining.arena_bytes(), 0u);
    return bytes_of(results[0].output);
  };
  const std::string original = output({}, {});
  EXPECT_EQ(output({0}, {1}), original);
  for (float& beta : model.copies[0].encoder.layers.back().output_norm.beta) beta += 1;
  EXPECT_EQ(output({0}, {0}), original);
  const std::string mixed = output({0}, {1});
  const std::string changed = output({1}, {1});
  EXPECT_NE(mixed, original);
  EXPECT_NE(changed, original);
  EXPECT_NE(mixed, changed);
}

TEST(SharedBatch, IsOneThatIsAloneAndLargeEnough) {
  const ModelPtr model = tiny_model({});
  Scheduler scheduler({64, 100, 10000}, {1, 1});
  const auto submit = [&](std::size_t tokens) {
    scheduler.submit(request_of(model, random_sequences({tokens}, 50, 1)), [](Response) {});
  };
  const auto finish = [&](const Work& work) {
    std::vector<SequenceResult> results(work.items.size());
    for (SequenceResult& result : results) result.error = "none";
    scheduler.finish(work, std::move(results));
  };
  submit(16);
  const auto small = scheduler.take(1);
  EXPECT_FALSE(small->joint);
  finish(*small);
  submit(17);
  const auto alone = scheduler.take(1);
  ASSERT_TRUE(alone->joint);
  EXPECT_EQ(alone->joint->first, 1u);
  EXPECT_EQ(alone->joint->streams, 2u);
  const auto help = scheduler.take(0);
  EXPECT_TRUE(help->items.empty());
  EXPECT_EQ(help->joint->number, alone->joint->number);
  submit(20);  // stream 1 still computes
  const auto beside = scheduler.take(0);
  EXPECT_FALSE(beside->joint);
  finish(*alone);
  finish(*beside);
  submit(60);
  submit(60);  // one waits while the other is taken
  const auto first = scheduler.take(0);
  EXPECT_FALSE(first->joint);
  const auto second = scheduler.take(1);
  EXPECT_FALSE(second->joint);
  finish(*first);
  finish(*second);
  EXPECT_EQ(scheduler.batch_sizes().joint, 1u);
  scheduler.stop();
  EXPECT_FALSE(scheduler.take(0));
}

TEST(ElasticEngine, SharesALoneRequestAndGivesTheSameBits) {
  TinyModelOptions options;
  options.linears = LinearForm::kMixed;
  options.attention = AttentionForm::kAlternating;
  const ModelPtr model = tiny_model(options);
  const std::vector<Sequence> sequences =
      random_sequences({1, 9, 64, 160, 33}, options.vocabulary, 4);
  Engine one({.cores = 1});
  std::vector<std::string> want;
  for (const Sequence& sequence : sequences)
    want.push_back(bytes_of(one.run(request_of(model, {sequence})).sequences.at(0)));
  for (const std::size_t cores : {2, 3, 5})
    for (const bool elastic : {true, false}) {
      Engine engine({.cores = cores, .streams = 2, .elastic = elastic});
      for (std::size_t i = 0; i < sequences.size(); ++i) {
        const Response response = engine.run(request_of(model, {sequences[i]}));
        ASSERT_EQ(response.status, Status::kOk) << response.message;
        ASSERT_EQ(bytes_of(response.sequences[0]), want[i]) << cores << " cores, " << elastic;
      }
      // A request may come before the stream that has answered the one before sleeps.
      for (int i = 0; elastic && i < 1000 && engine.batch_sizes().joint == 0; ++i)
        engine.run(request_of(model, {sequences[3]}));
      EXPECT_EQ(engine.batch_sizes().joint > 0, elastic);
      EXPECT_EQ(one.batch_sizes().joint, 0u);
    }
}

TEST(ElasticEngine, AnswersEachOfManyRequestsOnceWhateverBecomesOfThem) {
  constexpr std::size_t kCallers = 4, kRequests = 60;
  const ModelPtr model = tiny_model({});
  const std::vector<Sequence> sequences = random_sequences({5, 70, 23, 160, 64, 1, 90}, 50, 9);
  Engine one({.cores = 1});
  std::vector<std::string> want;
  for (const Sequence& sequence : sequences)
    want.push_back(bytes_of(one.run(request_of(model, {sequence})).sequences.at(0)));
  std::atomic<std::size_t> answers{0};
  {
    Engine engine({.cores = 4, .streams = 3, .batch_tokens = 200});
    std::vector<std::thread> callers;
    for (std::size_t caller = 0; caller < kCallers; ++caller)
      callers.emplace_back([&, caller] {
        std::mt19937 random(static_cast<unsigned>(caller));
        for (std::size_t i = 0; i < kRequests; ++i) {
          const std::size_t sequence = random() % sequences.size();
          Request request = request_of(model, {sequences[sequence]});
          request.cancel = std::make_shared<CancelFlag>();
          if (random() % 4 == 0)
            request.deadline = Clock::now() + std::chrono::microseconds(random() % 300);
          const auto cancel = request.cancel;
          // Shared: set_value() may still be at it when this thread goes on.
          const auto answered = std::make_shared<std::promise<void>>();
          engine.submit(std::move(request), [&, sequence, answered](Response response) {
            if (response.status == Status::kOk) {
              EXPECT_EQ(bytes_of(response.sequences[0]), want[sequence]);
            } else {
              EXPECT_TRUE(response.status == Status::kCancelled ||
                          response.status == Status::kDeadline);
            }
            ++answers;
            answered->set_value();
          });
          if (random() % 4 == 0) cancel->cancel();
          answered->get_future().wait();
          if (random() % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
      });
    for (std::thread& caller : callers) caller.join();
    engine.drain();
  }
  EXPECT_EQ(answers, kCallers * kRequests);
}

TEST(ElasticEngine, AbandonsASharedBatchAndEndsWhileItIsBusy) {
  const ModelPtr model = tiny_model({});
  for (int i = 0; i < 20; ++i) {
    std::promise<Status> answered;
    Engine engine({.cores = 2, .streams = 2, .batch_tokens = 1 << 14});
    Request request = request_of(model, random_sequences(std::vector<std::size_t>(200, 64), 50, 1));
    request.deadline = Clock::now() + std::chrono::milliseconds(2 + i % 3);
    engine.submit(std::move(request),
                  [&](Response response) { answered.set_value(response.status); });
    if (i % 2 == 0) engine.stop();
    const Status status = answered.get_future().get();
    EXPECT_TRUE(status == Status::kDeadline || status == Status::kStopping ||
                status == Status::kOk);
  }
}

}  // namespace
}  // namespace filigree::runtime
