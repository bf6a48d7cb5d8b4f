#include "serve/http/deployment_changes.h"

#include <gtest/gtest.h>

#include <future>

#include "serve/http/config_watcher.h"
#include "serve/log.h"
#include "tests/serve/config_support.h"
#include "tests/serve/fake_engine.h"

namespace filigree::serve {
namespace {

// Not the exception: its copies share a text whose count ThreadSanitizer does not see.
struct Refusal {
  HttpError error;
  std::string why;
};
using Outcome = std::optional<Refusal>;

class DeploymentChangesTest : public testing::Test {
 protected:
  DeploymentChangesTest() { current_.get()->catalog().load({}); }

  std::future<Outcome> post(DeploymentChanges& changes, DeploymentChanges::Edit edit) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    changes.post(std::move(edit), [promise](const std::optional<ChangeError>& error) {
      promise->set_value(error ? Outcome({error->error(), error->what()}) : std::nullopt);
    });
    return promise->get_future();
  }

  static Config two_endpoints(const Config&) { return fake_config({"a", "b"}); }

  FakeEngine engine_;
  const Backend backend_ = engine_.backend();
  Metrics metrics_{{}};
  CurrentDeployment current_{std::make_shared<Deployment>(fake_config({"a"}), backend_)};
};

TEST_F(DeploymentChangesTest, ReplaceTheDeploymentWhenItIsLoaded) {
  DeploymentChanges changes(current_, backend_, metrics_);
  const auto before = current_.get();
  engine_.hold_loading();
  auto outcome = post(changes, two_endpoints);
  EXPECT_EQ(current_.get(), before);
  engine_.release_loading();
  EXPECT_EQ(outcome.get(), std::nullopt);
  const auto after = current_.get();
  ASSERT_EQ(after->config().endpoints.size(), 2U);
  EXPECT_EQ(after->catalog().state(1)->kind, EndpointState::Kind::kReady);
  // The model of "a" is the one that was there.
  EXPECT_EQ(after->catalog().state(0)->loaded, before->catalog().state(0)->loaded);
}

TEST_F(DeploymentChangesTest, SeeWhatEarlierOnesHaveChanged) {
  DeploymentChanges changes(current_, backend_, metrics_);
  auto first = post(changes, two_endpoints);
  std::size_t seen = 0;
  auto second = post(changes, [&](const Config& current) {
    seen = current.endpoints.size();
    return current;
  });
  EXPECT_EQ(first.get(), std::nullopt);
  EXPECT_EQ(second.get(), std::nullopt);
  EXPECT_EQ(seen, 2U);
}

TEST_F(DeploymentChangesTest, ChangeNothingWhenAnythingFails) {
  DeploymentChanges changes(current_, backend_, metrics_);
  const auto before = current_.get();
  engine_.fail_model("b", "broken");
  EXPECT_EQ(post(changes, two_endpoints).get()->error, HttpError::kInvalidFields);
  EXPECT_EQ(
      post(changes, [](const Config&) -> Config { throw ConfigError("f:1: x"); }).get()->error,
      HttpError::kInvalidFields);
  EXPECT_EQ(post(changes, [](const Config&) -> Config { throw std::bad_alloc(); }).get()->error,
            HttpError::kInternal);
  const Outcome twice = post(changes, [](const Config&) {
                          Config config = fake_config({"a", "c"});
                          config.endpoints[1].route = "/a";
                          return config;
                        }).get();
  EXPECT_NE(twice->why.find("both at"), std::string::npos);
  EXPECT_EQ(current_.get(), before);
}

TEST_F(DeploymentChangesTest, AreRefusedWhenTheServerStops) {
  const auto before = current_.get();
  engine_.hold_loading();
  std::future<Outcome> loading, waiting, late;
  {
    DeploymentChanges changes(current_, backend_, metrics_);
    loading = post(changes, two_endpoints);
    waiting = post(changes, two_endpoints);
    changes.stop();
    late = post(changes, two_endpoints);
    engine_.release_loading();
  }
  for (auto* outcome : {&loading, &waiting, &late})
    EXPECT_EQ(outcome->get()->error, HttpError::kUnavailable);
  EXPECT_EQ(current_.get(), before);
}

TEST_F(DeploymentChangesTest, ThatEndMeanwhileAreNoReasonToRefuseAFile) {
  set_log_level(LogLevel::kError);
  const ModelFolder models;
  const std::filesystem::path file = models.path() / "serve.yaml";
  std::ofstream(file) << "endpoints:\n  - {task: qa, name: b, model: m}\n";
  DeploymentChanges changes(current_, backend_, metrics_);
  engine_.hold_loading();
  testing::internal::CaptureStderr();
  {
    const ConfigWatcher watcher({.file = file, .text = "endpoints: []\n"},
                                std::chrono::milliseconds(5), changes);
    while (!changes.busy()) std::this_thread::yield();
    changes.stop();
    engine_.release_loading();
  }
  // An emulator may have written something of its own for each thread.
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(log.find("serve.yaml"), std::string::npos) << log;
  EXPECT_EQ(current_.get()->config().endpoints.front().name, "a");
}

}  // namespace
}  // namespace filigree::serve
