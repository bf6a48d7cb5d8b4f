// Models that could not be loaded and are asked for again.
#include "serve/http/failed_loads.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <memory>
#include <thread>

#include "serve/http/load_on_request.h"
#include "serve/log.h"
#include "tests/serve/config_support.h"
#include "tests/serve/fake_engine.h"

namespace filigree::serve {
namespace {

using Kind = EndpointState::Kind;
using std::chrono::hours;

// Endpoint "m" with the model of a ModelFolder, which cannot be loaded.
class FailedLoadsTest : public testing::Test {
 protected:
  FailedLoadsTest() {
    set_log_level(LogLevel::kError);
    engine_.fail_model(path_, "broken");
  }

  static ModelLimits limits(std::chrono::milliseconds retry, std::chrono::milliseconds look) {
    return {.max_memory = 1500, .retry_interval = retry, .look_interval = look};
  }
  // What is only tried when its files have changed, and they are looked at for each request.
  static ModelLimits when_changed() { return limits(hours(1), {}); }

  void start(ModelLimits limits) {
    models_ = std::make_shared<ResidentModels>(limits);
    deployment_ = std::make_shared<Deployment>(config_, backend_, models_);
    deployment_->catalog().load({}, Catalog::Extent::kWhatFits);
    loads_ = std::make_unique<LoadOnRequest>(models_);
  }

  std::shared_ptr<const EndpointState> ask(std::size_t endpoint = 0) {
    // Shared: set_value() may still be at it when the test has ended.
    const auto answer = std::make_shared<std::promise<std::shared_ptr<const EndpointState>>>();
    loads_->with_model({.deployment = deployment_,
                        .endpoint = endpoint,
                        .cancel = std::make_shared<runtime::CancelFlag>(),
                        .deadline = LoadOnRequest::Clock::now() + LoadOnRequest::kNoDeadline},
                       [answer](const auto& state) { answer->set_value(state); });
    return answer->get_future().get();
  }
  void expect_failure(const std::string& why) {
    const auto state = ask();
    EXPECT_EQ(state->kind, Kind::kFailed);
    EXPECT_EQ(state->error, why);
  }
  void write_model(const std::string& content) const {
    std::ofstream(path_ / "model.onnx") << content;
  }

  const ModelFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "m";
  FakeEngine engine_;
  const Backend backend_ = engine_.backend();
  Config config_ = [this] {
    Config config = fake_config({"m"});
    config.endpoints[0].model_path = path_;
    return config;
  }();
  std::shared_ptr<ResidentModels> models_;
  std::shared_ptr<Deployment> deployment_;
  std::unique_ptr<LoadOnRequest> loads_;
};

TEST_F(FailedLoadsTest, StayAsTheyAreWhileNothingHasChanged) {
  start(when_changed());
  engine_.repair_model(path_);
  for (int i = 0; i < 3; ++i) expect_failure("broken");
  EXPECT_EQ(engine_.loads(), 1U);
}

TEST_F(FailedLoadsTest, AreTriedAgainForARequestOnceTheirFilesHaveChanged) {
  start(when_changed());
  expect_failure("broken");
  engine_.repair_model(path_);
  write_model("more than before");
  EXPECT_EQ(ask()->kind, Kind::kReady);
  EXPECT_EQ(ask()->kind, Kind::kReady);
  EXPECT_EQ(engine_.loads(), 2U);
}

TEST_F(FailedLoadsTest, SayWhatIsWrongWithTheNewFiles) {
  start(when_changed());
  engine_.fail_model(path_, "broken in another way");
  write_model("half");
  expect_failure("broken in another way");
  expect_failure("broken in another way");
  EXPECT_EQ(engine_.loads(), 2U);
}

TEST_F(FailedLoadsTest, AreTriedAgainAfterAWhile) {
  start(limits({}, {}));
  expect_failure("broken");
  engine_.repair_model(path_);
  EXPECT_EQ(ask()->kind, Kind::kReady);
  EXPECT_EQ(engine_.loads(), 3U);
}

TEST_F(FailedLoadsTest, AreNotLookedAtForEachRequest) {
  start(limits({}, hours(1)));
  engine_.repair_model(path_);
  write_model("more than before");
  expect_failure("broken");
  EXPECT_EQ(engine_.loads(), 1U);
}

TEST_F(FailedLoadsTest, KeepTheirStateWhileTheyAreTried) {
  start(limits({}, {}));
  engine_.hold_loading();
  auto asked = std::async(std::launch::async, [this] { return ask(); });
  while (loads_->waiting() == 0) std::this_thread::yield();
  EXPECT_EQ(deployment_->catalog().state(0)->kind, Kind::kFailed);
  engine_.repair_model(path_);
  engine_.release_loading();
  EXPECT_EQ(asked.get()->kind, Kind::kReady);
  EXPECT_EQ(deployment_->catalog().state(0)->kind, Kind::kReady);
}

TEST_F(FailedLoadsTest, OfModelsThatDoNotFitWaitForSmallerOnes) {
  engine_.repair_model(path_);
  engine_.set_memory(path_, {.bytes = 1600, .expected = 10});
  start(limits({}, {}));
  const auto refused = ask();
  EXPECT_EQ(refused->kind, Kind::kFailed);
  EXPECT_FALSE(refused->retry_after);
  EXPECT_EQ(engine_.loads(), 1U);
  engine_.set_memory(path_, {});
  write_model("smaller");
  EXPECT_EQ(ask()->kind, Kind::kReady);
  EXPECT_EQ(models_->used_bytes(), 700U);
}

// The model is good, and no model of this endpoint's task.
TEST_F(FailedLoadsTest, OfEndpointsWhoseTaskDoesNotFitLeaveTheModelToOthers) {
  engine_.repair_model(path_);
  config_.endpoints.push_back(config_.endpoints[0]);
  config_.endpoints[1].name = "classes";
  config_.endpoints[1].options = TextClassificationOptions{};
  start(limits({}, {}));
  EXPECT_EQ(ask(0)->kind, Kind::kReady);
  EXPECT_EQ(ask(1)->kind, Kind::kFailed);
  write_model("another");
  EXPECT_EQ(ask(1)->kind, Kind::kFailed);
  EXPECT_EQ(ask(0)->kind, Kind::kReady);
  EXPECT_EQ(engine_.loads(), 1U);
}

TEST_F(FailedLoadsTest, OfTheOnlyEndpointOfAModelAreTriedWithAnotherModel) {
  engine_.repair_model(path_);
  config_.endpoints[0].options = TextClassificationOptions{};
  start(limits({}, {}));
  EXPECT_EQ(ask()->kind, Kind::kFailed);
  EXPECT_EQ(engine_.loads(), 1U);
  write_model("another");
  EXPECT_EQ(ask()->kind, Kind::kFailed);  // the fake engine knows one kind of model
  EXPECT_EQ(engine_.loads(), 2U);
  EXPECT_EQ(models_->used_bytes(), 700U);
}

TEST_F(FailedLoadsTest, StayAsTheyAreWithoutALimitOfMemory) {
  ModelLimits none = limits({}, {});
  none.max_memory.reset();
  start(none);
  engine_.repair_model(path_);
  write_model("more than before");
  expect_failure("broken");
  EXPECT_EQ(engine_.loads(), 1U);
}

}  // namespace
}  // namespace filigree::serve
