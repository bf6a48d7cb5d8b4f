#include "runtime/scheduler.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace filigree::runtime {
namespace {

using ModelPtr = std::shared_ptr<const loader::Model>;

std::vector<Sequence> sequences_of(std::size_t count, std::size_t tokens) {
  return std::vector<Sequence>(count, Sequence{std::vector<std::int32_t>(tokens, 1), {}});
}

loader::MatrixInfo matrix_of(std::size_t nonzeros) {
  loader::MatrixInfo matrix;
  matrix.nonzeros = nonzeros;
  return matrix;
}

// Answers in the order in which they come, by the request's name.
class Answers {
 public:
  Done named(const std::string& name) {
    return [this, name](Response response) {
      const std::lock_guard lock(mutex_);
      order_.push_back(name);
      EXPECT_TRUE(responses_.emplace(name, std::move(response)).second)
          << name << " answered twice";
    };
  }
  std::vector<std::string> order() const {
    const std::lock_guard lock(mutex_);
    return order_;
  }
  const Response& operator[](const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return responses_.at(name);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> order_;
  std::map<std::string, Response> responses_;
};

class SchedulerTest : public testing::Test {
 protected:
  ~SchedulerTest() override { scheduler_.stop(); }

  void submit(const std::string& name, std::size_t endpoint, std::size_t sequences,
              std::size_t tokens, const ModelPtr& model, double weight = 1) {
    Request request;
    request.model = model;
    request.weight = weight;
    request.endpoint = endpoint;
    request.sequences = sequences_of(sequences, tokens);
    scheduler_.submit(std::move(request), answers_.named(name));
  }

  void finish(const Work& work, const std::string& error = "") {
    std::vector<SequenceResult> results(work.items.size());
    for (SequenceResult& result : results) result.error = error;
    scheduler_.finish(work, std::move(results));
  }

  static constexpr std::size_t kBatchTokens = 100;
  static constexpr std::size_t kMaxQueued = 4;
  static constexpr std::size_t kMaxQueuedTokens = 2000;
  const ModelPtr a_ = std::make_shared<loader::Model>();
  const ModelPtr b_ = std::make_shared<loader::Model>();
  Answers answers_;
  Scheduler scheduler_{{kBatchTokens, kMaxQueued, kMaxQueuedTokens}};
};

TEST_F(SchedulerTest, FillsABatchUpToItsTokens) {
  submit("first", 0, 2, 20, a_);
  submit("second", 0, 2, 20, a_);
  submit("third", 0, 1, 20, a_);
  submit("fourth", 0, 1, 1, a_);
  const Work work = *scheduler_.take();
  EXPECT_EQ(work.items.size(), 5u);  // 5 x 20; one token more is too many
  EXPECT_EQ(scheduler_.queued_tokens(), 1U);
  EXPECT_EQ(scheduler_.batch_sizes().batches[3], 1U);  // 65 to 128 tokens
  EXPECT_EQ(scheduler_.batch_sizes().tokens, 100U);
  finish(work);
  EXPECT_EQ(answers_.order(), (std::vector<std::string>{"first", "second", "third"}));
  EXPECT_EQ(answers_["first"].sequences.size(), 2u);
}

TEST_F(SchedulerTest, IsActiveUntilAMomentAfterTheLastAnswer) {
  EXPECT_FALSE(scheduler_.was_active_within(std::chrono::hours(1)));
  submit("first", 0, 1, 20, a_);
  EXPECT_TRUE(scheduler_.was_active_within({}));
  const Work work = *scheduler_.take();
  EXPECT_TRUE(scheduler_.was_active_within({}));
  finish(work);
  EXPECT_FALSE(scheduler_.was_active_within({}));
  EXPECT_TRUE(scheduler_.was_active_within(std::chrono::hours(1)));
}

TEST_F(SchedulerTest, LetsOthersWaitUntilItIsIdleButNotForEver) {
  constexpr std::chrono::hours kForEver{1000};
  scheduler_.wait_for_idle(kForEver);
  submit("first", 0, 1, 20, a_);
  scheduler_.wait_for_idle(std::chrono::microseconds(1));
  EXPECT_TRUE(scheduler_.was_active_within({}));
  const auto wait = [&] {
    while (scheduler_.was_active_within({})) scheduler_.wait_for_idle(kForEver);
  };
  std::jthread one(wait);
  std::jthread other(wait);
  finish(*scheduler_.take());
}

TEST_F(SchedulerTest, GivesASequenceThatIsLongerThanABatchABatchOfItsOwn) {
  submit("long", 0, 2, 500, a_);
  for (int i = 0; i < 2; ++i) {
    const Work work = *scheduler_.take();
    EXPECT_EQ(work.items.size(), 1u);
    finish(work);
  }
  EXPECT_EQ(answers_.order(), std::vector<std::string>{"long"});
}

TEST_F(SchedulerTest, NeverMixesModels) {
  submit("a", 0, 1, 10, a_);
  submit("b", 0, 1, 10, b_);
  const Work first = *scheduler_.take();
  EXPECT_EQ(first.model, a_);
  EXPECT_EQ(first.items.size(), 1u);
  const Work second = *scheduler_.take();
  EXPECT_EQ(second.model, b_);
  finish(first);
  finish(second);
}

TEST_F(SchedulerTest, JoinsEndpointsOfOneModelInABatch) {
  submit("one", 1, 1, 10, a_);
  submit("other model", 2, 1, 10, b_);
  submit("three", 3, 1, 10, a_);
  const Work work = *scheduler_.take();
  EXPECT_EQ(work.items.size(), 2u);
  finish(work);
  EXPECT_EQ(answers_.order(), (std::vector<std::string>{"one", "three"}));
  finish(*scheduler_.take());
}

TEST_F(SchedulerTest, GivesEndpointsTheSameNumberOfTokens) {
  submit("large", 1, 6, 100, a_);
  submit("small 1", 2, 1, 10, b_);
  submit("small 2", 2, 1, 100, b_);
  submit("small 3", 2, 1, 100, b_);
  std::string models;
  for (int i = 0; i < 9; ++i) {
    const Work work = *scheduler_.take();
    models += work.model == a_ ? 'a' : 'b';
    finish(work);
  }
  EXPECT_EQ(models, "abbabaaaa");
  EXPECT_EQ(answers_.order(), (std::vector<std::string>{"small 1", "small 2", "small 3", "large"}));
}

TEST_F(SchedulerTest, GivesEndpointsTokensByTheirWeightAndTheirModelsSize) {
  const auto heavy = std::make_shared<loader::Model>();
  heavy->matrices.push_back(matrix_of(2000));
  const auto light = std::make_shared<loader::Model>();
  light->matrices.push_back(matrix_of(1000));
  const auto important = std::make_shared<loader::Model>();
  important->matrices.push_back(matrix_of(1000));
  submit("heavy", 1, 8, 50, heavy);
  submit("light", 2, 8, 50, light);
  submit("important", 3, 20, 50, important, 4);
  std::map<ModelPtr, int> batches;
  for (int i = 0; i < 22; ++i) {
    const Work work = *scheduler_.take();
    ++batches[work.model];
    finish(work);
  }
  EXPECT_EQ(batches[heavy], 2);
  EXPECT_EQ(batches[light], 4);
  EXPECT_EQ(batches[important], 16);
}

TEST_F(SchedulerTest, StartsAShortRequestBeforeTheRestOfALongOneOfItsEndpoint) {
  submit("long", 1, 8, 50, a_);
  finish(*scheduler_.take());
  submit("short", 1, 1, 40, a_);
  const Work work = *scheduler_.take();
  ASSERT_EQ(work.items.size(), 1u);  // 40 + 50 is over half a batch
  finish(work);
  EXPECT_EQ(answers_.order(), std::vector<std::string>{"short"});
}

TEST_F(SchedulerTest, GivesALongRequestHalfABatchAndShortOnesTheRest) {
  submit("long", 1, 8, 25, a_);
  submit("short 1", 1, 1, 25, a_);
  submit("short 2", 1, 1, 25, a_);
  const Work work = *scheduler_.take();
  EXPECT_EQ(work.items.size(), 4u);
  finish(work);
  EXPECT_EQ(answers_.order(), (std::vector<std::string>{"short 1", "short 2"}));
}

TEST_F(SchedulerTest, NeverLetsALongRequestWaitForEver) {
  submit("long", 1, 2, 100, a_);
  finish(*scheduler_.take());
  int batches = 1;
  for (; batches < 20 && answers_.order().size() < static_cast<std::size_t>(batches); ++batches) {
    submit("short " + std::to_string(batches), 1, 1, 100, a_);
    finish(*scheduler_.take());
    const std::vector<std::string> order = answers_.order();
    if (!order.empty() && order.back() == "long") break;
  }
  EXPECT_EQ(batches, 3);  // the fourth batch of the endpoint begins with its oldest request
}

TEST_F(SchedulerTest, ServesALateEndpointBeforeTheRestOfALargeRequest) {
  submit("large", 5, 3, 100, a_);
  finish(*scheduler_.take());
  submit("late", 1, 1, 100, a_);
  finish(*scheduler_.take());
  EXPECT_EQ(answers_.order(), std::vector<std::string>{"late"});
  finish(*scheduler_.take());
  finish(*scheduler_.take());
}

TEST_F(SchedulerTest, RefusesWhatTheQueueHasNoRoomFor) {
  for (std::size_t i = 0; i < kMaxQueued; ++i) submit("queued " + std::to_string(i), i, 1, 10, a_);
  EXPECT_EQ(scheduler_.queued_requests(), kMaxQueued);
  submit("refused", 9, 1, 10, a_);
  EXPECT_EQ(answers_["refused"].status, Status::kQueueFull);
  EXPECT_EQ(answers_["refused"].message,
            "the queue is full: 4 requests with 40 tokens wait, this one has 10; the limits are 4 "
            "requests and 2000 tokens");
  finish(*scheduler_.take());
  EXPECT_EQ(scheduler_.queued_requests(), 0u);
  EXPECT_EQ(answers_.order().size(), kMaxQueued + 1);
}

TEST_F(SchedulerTest, RefusesTokensThatTheQueueHasNoRoomFor) {
  submit("first", 0, 19, 100, a_);
  submit("refused", 1, 2, 51, a_);
  EXPECT_EQ(answers_["refused"].status, Status::kQueueFull);
  EXPECT_EQ(
      answers_["refused"].message,
      "the queue is full: 1 requests with 1900 tokens wait, this one has 102; the limits are 4 "
      "requests and 2000 tokens");
  submit("fits", 1, 2, 50, a_);
  EXPECT_EQ(scheduler_.queued_requests(), 2u);
  for (int i = 0; i < 21; ++i) finish(*scheduler_.take());
  EXPECT_EQ(answers_["first"].status, Status::kOk);
  EXPECT_EQ(answers_["fits"].status, Status::kOk);
  submit("afterwards", 0, 20, 100, a_);
  EXPECT_EQ(scheduler_.queued_requests(), 1u);
}

TEST_F(SchedulerTest, TakesARequestOfAnySizeWhenNothingWaits) {
  submit("huge", 0, 1000, 100, a_);
  EXPECT_EQ(scheduler_.queued_requests(), 1u);
  submit("refused", 1, 1, 1, a_);
  EXPECT_EQ(answers_["refused"].status, Status::kQueueFull);
  scheduler_.stop();
  EXPECT_EQ(answers_["huge"].status, Status::kStopping);
}

TEST_F(SchedulerTest, CountsNoTokensOfWhatWasDropped) {
  Request request;
  request.model = a_;
  request.sequences = sequences_of(20, 100);
  request.cancel = std::make_shared<CancelFlag>();
  const auto cancel = request.cancel;
  scheduler_.submit(std::move(request), answers_.named("cancelled"));
  submit("small", 2, 1, 1, a_);
  EXPECT_EQ(answers_["small"].status, Status::kQueueFull);
  cancel->cancel();
  submit("large", 1, 20, 100, a_);
  EXPECT_EQ(answers_["cancelled"].status, Status::kCancelled);
  EXPECT_EQ(scheduler_.queued_requests(), 1u);
}

TEST_F(SchedulerTest, MakesRoomByDroppingWhatWasCancelled) {
  Request request;
  request.model = a_;
  request.sequences = sequences_of(1, 10);
  request.cancel = std::make_shared<CancelFlag>();
  const auto cancel = request.cancel;
  scheduler_.submit(std::move(request), answers_.named("cancelled"));
  for (std::size_t i = 1; i < kMaxQueued; ++i) submit("queued " + std::to_string(i), i, 1, 10, a_);
  cancel->cancel();
  submit("accepted", 9, 1, 10, a_);
  EXPECT_EQ(answers_.order(), std::vector<std::string>{"cancelled"});
  EXPECT_EQ(answers_["cancelled"].status, Status::kCancelled);
  EXPECT_EQ(scheduler_.queued_requests(), kMaxQueued);
}

TEST_F(SchedulerTest, NeverGivesOutWhatIsPastItsDeadline) {
  Request request;
  request.model = a_;
  request.sequences = sequences_of(1, 10);
  request.deadline = Clock::now();
  scheduler_.submit(std::move(request), answers_.named("expired"));
  submit("live", 1, 1, 10, b_);
  const Work work = *scheduler_.take();
  EXPECT_EQ(work.model, b_);
  EXPECT_EQ(answers_["expired"].status, Status::kDeadline);
  EXPECT_TRUE(answers_["expired"].sequences.empty());
  finish(work);
}

TEST_F(SchedulerTest, DropsTheRestOfARequestThatIsCancelledOnTheWay) {
  Request request;
  request.model = a_;
  request.sequences = sequences_of(3, 100);
  request.cancel = std::make_shared<CancelFlag>();
  const auto cancel = request.cancel;
  scheduler_.submit(std::move(request), answers_.named("cancelled"));
  submit("other", 0, 1, 100, a_);
  const Work first = *scheduler_.take();
  cancel->cancel();
  const Work second = *scheduler_.take();
  EXPECT_TRUE(answers_.order().empty());  // its first sequence still runs
  finish(first);
  EXPECT_EQ(answers_["cancelled"].status, Status::kCancelled);
  finish(second);
  EXPECT_EQ(answers_["other"].status, Status::kOk);
}

TEST_F(SchedulerTest, AnswersWhatExpiresInTheQueueBeforeTheBatchHasEnded) {
  submit("running", 0, 1, 100, a_);
  const Work work = *scheduler_.take();
  Request request;
  request.model = a_;
  request.sequences = sequences_of(1, 10);
  request.deadline = Clock::now();
  scheduler_.submit(std::move(request), answers_.named("expired"));
  EXPECT_FALSE(scheduler_.abandoned(work));
  EXPECT_EQ(answers_["expired"].status, Status::kDeadline);
  EXPECT_EQ(scheduler_.queued_requests(), 0U);
  finish(work);
}

TEST_F(SchedulerTest, AbandonsABatchWhenNobodyWaitsForAnyOfIt) {
  std::vector<std::shared_ptr<CancelFlag>> flags;
  for (const char* name : {"first", "second"}) {
    flags.push_back(std::make_shared<CancelFlag>());
    Request request;
    request.model = a_;
    request.sequences = sequences_of(1, 10);
    request.cancel = flags.back();
    scheduler_.submit(std::move(request), answers_.named(name));
  }
  const Work work = *scheduler_.take();
  ASSERT_EQ(work.items.size(), 2U);
  flags[0]->cancel();
  EXPECT_FALSE(scheduler_.abandoned(work));
  flags[1]->cancel();
  EXPECT_TRUE(scheduler_.abandoned(work));
  finish(work, "not computed");
  for (const char* name : {"first", "second"})
    EXPECT_EQ(answers_[name].status, Status::kCancelled) << name;
}

TEST_F(SchedulerTest, DropsTheRestOfARequestThatHasFailed) {
  submit("failed", 0, 3, 100, a_);
  finish(*scheduler_.take(), "no luck");
  EXPECT_EQ(answers_["failed"].status, Status::kFailed);
  EXPECT_EQ(answers_["failed"].message, "sequence 0: no luck");
  EXPECT_EQ(scheduler_.queued_requests(), 0u);
}

TEST_F(SchedulerTest, AnswersARequestWithoutSequencesAtOnce) {
  submit("empty", 0, 0, 0, a_);
  EXPECT_EQ(answers_["empty"].status, Status::kOk);
}

TEST_F(SchedulerTest, StopAnswersWhatWaitsAndLetsFinishWhatRuns) {
  submit("running", 0, 1, 100, a_);
  submit("half", 1, 2, 100, a_);
  submit("waiting", 2, 1, 100, a_);
  const Work running = *scheduler_.take();
  const Work half = *scheduler_.take();
  scheduler_.stop();
  EXPECT_EQ(answers_.order(), std::vector<std::string>{"waiting"});
  EXPECT_EQ(scheduler_.take(), std::nullopt);
  submit("late", 0, 1, 1, a_);
  finish(half);
  finish(running);
  EXPECT_EQ(answers_.order(), (std::vector<std::string>{"waiting", "late", "half", "running"}));
  EXPECT_EQ(answers_["waiting"].status, Status::kStopping);
  EXPECT_EQ(answers_["late"].status, Status::kStopping);
  EXPECT_EQ(answers_["half"].status, Status::kStopping);
  EXPECT_EQ(answers_["running"].status, Status::kOk);
}

TEST_F(SchedulerTest, DrainReturnsWhenAllIsAnswered) {
  submit("first", 0, 2, 100, a_);
  submit("second", 0, 1, 100, b_);
  std::thread worker([this] {
    while (const auto work = scheduler_.take()) finish(*work);
  });
  scheduler_.drain();
  EXPECT_EQ(answers_.order().size(), 2u);
  submit("late", 0, 1, 1, a_);
  EXPECT_EQ(answers_["late"].status, Status::kStopping);
  scheduler_.stop();
  worker.join();
}

TEST_F(SchedulerTest, TakesWhatWasExpectedAndGoesOnWhereNothingComes) {
  std::thread worker([this] {
    while (const auto work = scheduler_.take()) finish(*work);
  });
  const auto wait_for_answers = [this](std::size_t count) {
    for (int i = 0; i < 10000 && answers_.order().size() < count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(answers_.order().size(), count);
  };
  scheduler_.expect();
  submit("at once", 0, 1, 1, a_);
  wait_for_answers(1);
  scheduler_.expect();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));  // longer than it waits awake
  submit("late", 0, 1, 1, a_);
  wait_for_answers(2);
  scheduler_.expect();
  scheduler_.stop();
  worker.join();
}

TEST_F(SchedulerTest, AnswersEachRequestOnceUnderLoadFromManyThreads) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kRequests = 200;
  std::vector<std::thread> workers;
  for (int i = 0; i < 2; ++i)
    workers.emplace_back([this] {
      while (const auto work = scheduler_.take()) finish(*work);
    });
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < kThreads; ++caller)
    callers.emplace_back([this, caller] {
      for (std::size_t i = 0; i < kRequests; ++i) {
        if (i % 7 == 0) scheduler_.expect();
        submit(std::to_string(caller) + "/" + std::to_string(i), caller, 1 + i % 3, 1 + i % 120,
               caller % 2 == 0 ? a_ : b_);
      }
    });
  for (std::thread& caller : callers) caller.join();
  scheduler_.drain();
  EXPECT_EQ(answers_.order().size(), kThreads * kRequests);
  scheduler_.stop();
  for (std::thread& worker : workers) worker.join();
}

}  // namespace
}  // namespace filigree::runtime
