#include "runtime/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <random>
#include <thread>

#include "kernels/kernel_table.h"
#include "tests/runtime/tiny_model.h"

namespace filigree::runtime {
namespace {

using ModelPtr = std::shared_ptr<const loader::Model>;

Request request_of(const ModelPtr& model, std::vector<Sequence> sequences,
                   std::size_t endpoint = 0) {
  Request request;
  request.model = model;
  request.endpoint = endpoint;
  request.sequences = std::move(sequences);
  return request;
}

std::vector<std::string> bytes_of(const SequenceOutput& output) {
  std::vector<std::string> bytes;
  for (const loader::Tensor& tensor : output.tensors)
    bytes.emplace_back(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
  return bytes;
}

// Every sequence in a request of its own, on one thread.
std::vector<std::vector<std::string>> outputs_alone(const ModelPtr& model,
                                                    const std::vector<Sequence>& sequences) {
  Engine engine({.cores = 1});
  std::vector<std::vector<std::string>> outputs;
  for (const Sequence& sequence : sequences)
    outputs.push_back(bytes_of(engine.run(request_of(model, {sequence})).sequences.at(0)));
  return outputs;
}

TEST(Engine, AnswersLogitsForEveryTokenOfEverySequence) {
  const ModelPtr model = tiny_model({});
  Engine engine({.cores = 2});
  const Response response = engine.run(request_of(model, random_sequences({1, 20, 64}, 50, 1)));
  ASSERT_EQ(response.status, Status::kOk) << response.message;
  ASSERT_EQ(response.sequences.size(), 3u);
  for (const SequenceOutput& output : response.sequences) ASSERT_EQ(output.tensors.size(), 2u);
  EXPECT_EQ(response.sequences[1].tensors[0].dims(), (loader::Dims{1, 20}));
  EXPECT_EQ(response.sequences[2].tensors[1].dims(), (loader::Dims{1, 64}));
  EXPECT_GT(response.timing.compute.count(), 0);
}

TEST(Engine, FindsOutputsByName) {
  const ModelPtr model = tiny_model({});
  Engine engine({.cores = 1});
  const Response response = engine.run(request_of(model, random_sequences({7}, 50, 1)));
  ASSERT_EQ(response.status, Status::kOk) << response.message;
  const SequenceOutput& output = response.sequences[0];
  EXPECT_EQ(&output_named(*model, output, "end_logits"), &output.tensors[1]);
  try {
    output_named(*model, output, "logits");
    FAIL() << "expected an exception";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(),
                 "the model has no output 'logits', expected one of 'start_logits', 'end_logits'");
  }
}

TEST(Engine, GivesASequenceTheSameBitsWhateverIsComputedWithIt) {
  TinyModelOptions options;
  options.linears = LinearForm::kMixed;
  options.attention = AttentionForm::kAlternating;
  const ModelPtr model = tiny_model(options);
  const std::vector<Sequence> sequences =
      random_sequences({1, 64, 17, 160, 8, 33, 100, 2, 65, 9, 128, 40}, options.vocabulary, 4);
  const auto want = outputs_alone(model, sequences);
  for (const kernels::KernelTable& table : kernels::supported_tables())
    for (std::size_t cores = 1; cores <= 4; ++cores)
      for (const std::size_t batch_tokens : {1, 100, 2048}) {
        SCOPED_TRACE(std::string(kernels::isa_name(table.isa)) + ", " + std::to_string(cores) +
                     " cores, batches of " + std::to_string(batch_tokens) + " tokens");
        Engine engine({.cores = cores,
                       .streams = cores > 2 ? 2u : 1u,
                       .isa = table.isa,
                       .batch_tokens = batch_tokens});
        const Response response = engine.run(request_of(model, sequences));
        ASSERT_EQ(response.status, Status::kOk) << response.message;
        for (std::size_t i = 0; i < sequences.size(); ++i)
          ASSERT_EQ(bytes_of(response.sequences[i]), want[i]) << "sequence " << i;
      }
}

TEST(Engine, AnswersManyCallersOfSeveralModels) {
  constexpr std::size_t kCallers = 4;
  constexpr std::size_t kRequests = 25;
  const std::vector<ModelPtr> models{tiny_model({.seed = 1}),
                                     tiny_model({.hidden_size = 32, .heads = 2, .seed = 2})};
  const std::vector<Sequence> sequences = random_sequences({5, 70, 23, 160, 64, 1, 90}, 50, 9);
  const std::vector<std::vector<std::vector<std::string>>> want{
      outputs_alone(models[0], sequences), outputs_alone(models[1], sequences)};
  Engine engine({.cores = 2, .streams = 2, .batch_tokens = 200});
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < kCallers; ++caller)
    callers.emplace_back([&, caller] {
      std::mt19937 random(static_cast<unsigned>(caller));
      for (std::size_t i = 0; i < kRequests; ++i) {
        const std::size_t model = random() % models.size();
        const std::size_t sequence = random() % sequences.size();
        const Response response =
            engine.run(request_of(models[model], {sequences[sequence]}, model));
        ASSERT_EQ(response.status, Status::kOk) << response.message;
        ASSERT_EQ(bytes_of(response.sequences[0]), want[model][sequence])
            << "caller (and seed) " << caller << ", request " << i;
      }
    });
  for (std::thread& caller : callers) caller.join();
}

// What the engine says about one sequence.
std::string refusal(const ModelPtr& model, Sequence sequence) {
  Engine engine({.cores = 1});
  const Response response = engine.run(request_of(model, {{{1}, {}}, std::move(sequence)}));
  EXPECT_EQ(response.status, Status::kFailed);
  EXPECT_TRUE(response.sequences.empty());
  return response.message;
}

TEST(Engine, RefusesSequencesThatTheModelCannotTake) {
  const ModelPtr model = tiny_model({.vocabulary = 50, .max_positions = 20});
  EXPECT_EQ(refusal(model, {}), "sequence 1 has no tokens, expected at least 1");
  EXPECT_EQ(refusal(model, {std::vector<std::int32_t>(21, 1), {}}),
            "sequence 1 has 21 tokens, the model takes at most 20");
  EXPECT_EQ(refusal(model, {{1, 2, 50}, {}}),
            "sequence 1 has token id 50 at position 2, expected 0 to 49");
  EXPECT_EQ(refusal(model, {{-1}, {}}),
            "sequence 1 has token id -1 at position 0, expected 0 to 49");
  EXPECT_EQ(refusal(model, {{1, 2}, {0}}),
            "sequence 1 has 1 type ids, expected 2, one for each token");
  EXPECT_EQ(refusal(model, {{1, 2}, {0, 2}}),
            "sequence 1 has type id 2 at position 1, expected 0 to 1");
}

TEST(Engine, RefusesARequestWithoutAModel) {
  Engine engine({.cores = 1});
  EXPECT_EQ(engine.run({}).message, "the request names no model");
}

TEST(Engine, RefusesAWeightThatIsNone) {
  Request request = request_of(tiny_model({}), random_sequences({3}, 50, 1));
  request.weight = 0;
  Engine engine({.cores = 1});
  const Response response = engine.run(std::move(request));
  EXPECT_EQ(response.status, Status::kFailed);
  EXPECT_EQ(response.message, "the request has weight 0.000000, expected a positive number");
}

TEST(Engine, ReportsAHeadThatFailsAndGoesOn) {
  const ModelPtr good = tiny_model({});
  auto broken = std::make_shared<loader::Model>();
  broken->rest = good->rest;  // without the encoder nobody gives it 'hidden'
  broken->output_names = good->output_names;
  Engine engine({.cores = 2});
  const Response response = engine.run(request_of(broken, random_sequences({4, 5}, 50, 1)));
  EXPECT_EQ(response.status, Status::kFailed);
  EXPECT_NE(response.message.find("hidden"), std::string::npos) << response.message;
  EXPECT_EQ(engine.run(request_of(good, random_sequences({4}, 50, 1))).status, Status::kOk);
}

TEST(Engine, RunsAModelWithoutAnEncoderOnTheInterpreter) {
  auto model = std::make_shared<loader::Model>();
  loader::Node node;
  node.op_type = "Add";
  node.inputs = {"input_ids", "token_type_ids"};
  node.outputs = {"sum"};
  model->rest.file = "sum";
  model->rest.opset = 14;
  model->rest.nodes.push_back(node);
  model->rest.inputs = {{"input_ids", loader::DataType::kInt64, {}},
                        {"attention_mask", loader::DataType::kInt64, {}},
                        {"token_type_ids", loader::DataType::kInt64, {}}};
  model->output_names = {"sum", "attention_mask"};
  Engine engine({.cores = 2});
  const Response response = engine.run(request_of(model, {{{7, 8}, {0, 1}}, {{5, 6, 9}, {}}}));
  ASSERT_EQ(response.status, Status::kOk) << response.message;
  const auto values = [&](std::size_t sequence, std::size_t output) {
    const auto data = response.sequences[sequence].tensors[output].data<std::int64_t>();
    return std::vector<std::int64_t>(data.begin(), data.end());
  };
  EXPECT_EQ(values(0, 0), (std::vector<std::int64_t>{7, 9}));
  EXPECT_EQ(values(1, 0), (std::vector<std::int64_t>{5, 6, 9}));
  EXPECT_EQ(values(1, 1), (std::vector<std::int64_t>{1, 1, 1}));
}

TEST(Engine, SizesItsArenaByTheBudgetAndTheModelNotByTheBatch) {
  const ModelPtr small = tiny_model({});
  const ModelPtr large = tiny_model({.hidden_size = 48, .heads = 4, .intermediate_size = 96});
  Engine engine({.cores = 2, .batch_tokens = 500});
  EXPECT_EQ(engine.arena_bytes(), 0u);
  engine.run(request_of(small, random_sequences({1}, 50, 1)));
  const std::size_t of_small = engine.arena_bytes();
  engine.run(request_of(small, random_sequences(std::vector<std::size_t>(10, 160), 50, 1)));
  EXPECT_EQ(engine.arena_bytes(), of_small);
  engine.run(request_of(large, random_sequences({1}, 50, 1)));
  const std::size_t of_large = engine.arena_bytes();
  EXPECT_GT(of_large, of_small);
  engine.run(request_of(small, random_sequences({100, 100}, 50, 1)));
  EXPECT_EQ(engine.arena_bytes(), of_large);
}

TEST(Engine, DrainAnswersAcceptedRequestsAndRefusesLaterOnes) {
  const ModelPtr model = tiny_model({});
  Engine engine({.cores = 2, .batch_tokens = 64});
  std::atomic<int> answered{0};
  for (int i = 0; i < 20; ++i)
    engine.submit(request_of(model, random_sequences({60, 60}, 50, 1)), [&](Response response) {
      EXPECT_EQ(response.status, Status::kOk);
      ++answered;
    });
  engine.drain();
  EXPECT_EQ(answered, 20);
  EXPECT_EQ(engine.run(request_of(model, random_sequences({5}, 50, 1))).status, Status::kStopping);
}

TEST(Engine, AnswersEachRequestOnceWhenItIsDestroyedWhileBusy) {
  constexpr int kRequests = 50;
  const ModelPtr model = tiny_model({});
  std::vector<int> answers(kRequests, 0);
  std::mutex mutex;
  {
    Engine engine({.cores = 2, .streams = 2, .batch_tokens = 64});
    for (int i = 0; i < kRequests; ++i)
      engine.submit(
          request_of(model, random_sequences({160, 160, 160}, 50, 1)), [&, i](Response response) {
            EXPECT_TRUE(response.status == Status::kOk || response.status == Status::kStopping);
            const std::lock_guard lock(mutex);
            ++answers[static_cast<std::size_t>(i)];
          });
  }
  EXPECT_EQ(answers, std::vector<int>(kRequests, 1));
}

TEST(Engine, AnswersARequestThatIsCancelledBeforeItStarts) {
  const ModelPtr model = tiny_model({});
  Engine engine({.cores = 1});
  Request request = request_of(model, random_sequences({5}, 50, 1));
  request.cancel = std::make_shared<CancelFlag>();
  request.cancel->cancel();
  EXPECT_EQ(engine.run(std::move(request)).status, Status::kCancelled);
  Request late = request_of(model, random_sequences({5}, 50, 1));
  late.deadline = Clock::now();
  EXPECT_EQ(engine.run(std::move(late)).status, Status::kDeadline);
}

TEST(Engine, TakesWorkFromWithinAnAnswer) {
  const ModelPtr model = tiny_model({});
  std::promise<Status> second;  // outlives the engine, whose thread may still be in set_value()
  Engine engine({.cores = 1});
  engine.submit(request_of(model, random_sequences({5}, 50, 1)), [&](Response) {
    engine.submit(request_of(model, random_sequences({6}, 50, 1)),
                  [&](Response response) { second.set_value(response.status); });
  });
  EXPECT_EQ(second.get_future().get(), Status::kOk);
}

TEST(Engine, RefusesOptionsThatMakeNoSense) {
  const auto message = [](const EngineOptions& options) -> std::string {
    try {
      const Engine engine(options);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message({.cores = 2000}), "cores is 2000, expected 0 to 1024");
  EXPECT_EQ(message({.cores = 2, .streams = 1025}), "streams is 1025, expected 0 to 1024");
  EXPECT_EQ(message({.batch_tokens = 1048577}), "batch_tokens is 1048577, expected 0 to 1048576");
  EXPECT_EQ(message({.max_queued_requests = 0}), "max_queued_requests is 0, expected 1 to 1048576");
  EXPECT_EQ(message({.max_queued_tokens = 0}),
            "max_queued_tokens is 0, expected 1 to 1099511627776");
}

TEST(Engine, UsesAStreamForEachCoreWhenMoreAreAskedFor) {
  const Engine engine({.cores = 2, .streams = 3});
  EXPECT_EQ(engine.streams(), 2u);
  EXPECT_EQ(std::ranges::count(engine.warnings(),
                               "3 streams (num_workers) asked for, more than cores: 2 in use"),
            1);
}

TEST(Engine, SaysHowManyCoresAndWhy) {
  const Engine engine({.cores = 3, .streams = 2, .pinning = Pinning::kCore});
  EXPECT_EQ(engine.cores(), 3u);
  EXPECT_EQ(engine.streams(), 2u);
  EXPECT_EQ(engine.cores_reason().find("3 cores: asked for; affinity "), 0u)
      << engine.cores_reason();
  EXPECT_EQ(engine.isa(), kernels::supported_tables().back().isa);
}

}  // namespace
}  // namespace filigree::runtime
