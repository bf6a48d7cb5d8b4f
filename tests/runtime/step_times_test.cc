// Where the time of a request goes. Nothing here asserts how long anything takes, only what adds
// up.
#include "runtime/step_times.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "runtime/engine.h"
#include "tests/runtime/tiny_model.h"

namespace filigree::runtime {
namespace {

using std::chrono::nanoseconds;

Request request_of(const std::shared_ptr<const loader::Model>& model,
                   const std::vector<std::size_t>& lengths) {
  Request request;
  request.model = model;
  request.sequences = random_sequences(lengths, 50, 1);
  return request;
}

Response run_timed(Engine& engine, Request request) {
  request.time_steps = true;
  return engine.run(std::move(request));
}

TEST(StepTimes, OfNothingAreZero) {
  const StepTimes times;
  EXPECT_EQ(times.layers(), 0u);
  EXPECT_EQ(times.total().count(), 0);
  EXPECT_EQ(times.of(Step::kQuery, 7).count(), 0);
}

TEST(StepTimes, AddUpStepByStep) {
  StepTimes one(1);
  one.add(Step::kQuery, 0, nanoseconds{5});
  StepTimes two(2);
  two.add(Step::kQuery, 0, nanoseconds{7});
  two.add(Step::kOutput, 1, nanoseconds{11});
  one += two;
  EXPECT_EQ(one.layers(), 2u);
  EXPECT_EQ(one.of(Step::kQuery, 0).count(), 12);
  EXPECT_EQ(one.of(Step::kOutput, 1).count(), 11);
  EXPECT_EQ(one.of(Step::kOutput, 0).count(), 0);
  EXPECT_EQ(one.total().count(), 23);
}

TEST(StepTimes, EveryStepHasANameOfItsOwn) {
  for (std::size_t a = 0; a < kSteps; ++a)
    for (std::size_t b = 0; b < a; ++b)
      EXPECT_NE(step_name(static_cast<Step>(a)), step_name(static_cast<Step>(b)));
}

TEST(StepTimes, OfARequestHaveEveryStepOfEveryLayerAndFitIntoItsTime) {
  const auto model = tiny_model({});
  for (const std::size_t cores : {1, 2}) {
    Engine engine({.cores = cores});
    const Response response = run_timed(engine, request_of(model, {160, 33, 100}));
    ASSERT_EQ(response.status, Status::kOk) << response.message;
    const StepTimes& steps = response.timing.steps;
    ASSERT_EQ(steps.layers(), model->encoder->layers.size());
    for (std::size_t s = 0; s < kSteps; ++s) {
      const Step step = static_cast<Step>(s);
      for (std::size_t layer = 0; layer < (is_in_layer(step) ? steps.layers() : 1); ++layer)
        EXPECT_GT(steps.of(step, layer).count(), 0) << step_name(step) << " of layer " << layer;
    }
    EXPECT_LE(steps.total(), response.timing.compute);
  }
}

TEST(StepTimes, CoverEveryBatchOfARequest) {
  const auto model = tiny_model({});
  Engine engine({.cores = 1, .batch_tokens = 64});
  const Response response = run_timed(engine, request_of(model, {64, 64, 64, 64}));
  ASSERT_EQ(response.status, Status::kOk) << response.message;
  EXPECT_EQ(response.timing.steps.layers(), model->encoder->layers.size());
  EXPECT_LE(response.timing.steps.total(), response.timing.compute);
}

TEST(StepTimes, AreGivenOnlyToWhoAsks) {
  const auto model = tiny_model({});
  std::promise<Response> plain;  // outlives the engine, whose thread sets it
  Engine engine({.cores = 1});
  engine.submit(request_of(model, {40}),
                [&](Response response) { plain.set_value(std::move(response)); });
  EXPECT_GT(run_timed(engine, request_of(model, {40})).timing.steps.total().count(), 0);
  EXPECT_EQ(plain.get_future().get().timing.steps.layers(), 0u);
}

TEST(StepTimes, DoNotChangeABit) {
  TinyModelOptions options;
  options.linears = LinearForm::kMixed;
  options.attention = AttentionForm::kAlternating;
  const auto model = tiny_model(options);
  Engine engine({.cores = 2});
  const Response plain = engine.run(request_of(model, {160, 7}));
  const Response timed = run_timed(engine, request_of(model, {160, 7}));
  ASSERT_EQ(timed.status, Status::kOk) << timed.message;
  for (std::size_t i = 0; i < plain.sequences.size(); ++i)
    for (std::size_t output = 0; output < 2; ++output)
      EXPECT_TRUE(std::ranges::equal(plain.sequences[i].tensors[output].bytes(),
                                     timed.sequences[i].tensors[output].bytes()));
}

}  // namespace
}  // namespace filigree::runtime
