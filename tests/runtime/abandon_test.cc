// Computing ends between two layers when nobody waits for the answers.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "runtime/batch_runner.h"
#include "runtime/encoder.h"
#include "runtime/engine.h"
#include "runtime/worker_group.h"
#include "tests/runtime/sequence_pointers.h"
#include "tests/runtime/tiny_model.h"

namespace filigree::runtime {
namespace {

TEST(Abandon, EndsEncodingInTheLayerInWhichItIsTrueOnEveryRank) {
  constexpr std::size_t kRanks = 2;
  const auto model = tiny_model({});
  const std::size_t layers = model->encoder->layers.size();
  ASSERT_GE(layers, 2U);
  const std::vector<Sequence> sequences = random_sequences({100, 90}, 50, 1);
  WorkerGroup group{Places(kRanks)};
  RaggedBatch batch;
  batch.assign(pointers(sequences), kRanks);
  ASSERT_EQ(batch.ranks(), kRanks);
  const ActivationShape shape = activation_shape(*model->encoder, 200, kRanks);
  Arena arena;
  arena.reserve(shape);
  for (std::size_t last = 0; last < layers; ++last) {
    std::size_t asked = 0;
    std::atomic<std::size_t> attended{0};  // layers times panels
    Watch watch;
    watch.abandon = [&] { return asked++ == last; };
    watch.observer = [&](const StageResult& result) {
      if (result.stage == Stage::kContext) ++attended;
    };
    encode(kernels::supported_tables().back(), *model->encoder, batch, shape, arena, group, watch);
    EXPECT_EQ(asked, last + 1);
    EXPECT_EQ(attended, last * batch.panels().size());
  }
}

TEST(Abandon, MakesErrorsOfWhatIsNotComputed) {
  const auto model = tiny_model({});
  const std::vector<Sequence> sequences = random_sequences({10, 20}, 50, 1);
  WorkerGroup group{Places(1)};
  BatchRunner runner(kernels::supported_tables().back(), {.batch_tokens = 64});
  for (const bool abandoned : {true, false})
    for (const SequenceResult& result :
         runner.run(*model, pointers(sequences), group, nullptr, [&] { return abandoned; }))
      EXPECT_EQ(!result.error.empty(), abandoned) << result.error;
}

TEST(Abandon, AnswersADeadlineThatPassesWhileTheEngineComputes) {
  // Takes long enough for any machine: thousands of passes over the tiny model.
  const auto model = tiny_model({});
  Engine engine({.cores = 1});
  Request request;
  request.model = model;
  request.sequences = random_sequences(std::vector<std::size_t>(20'000, 64), 50, 1);
  request.deadline = Clock::now() + std::chrono::milliseconds(5);
  const Response response = engine.run(std::move(request));
  EXPECT_EQ(response.status, Status::kDeadline);
  EXPECT_TRUE(response.sequences.empty());
}

}  // namespace
}  // namespace filigree::runtime
