#include "serve/http/giving_way.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include "loader/give_way.h"
#include "serve/http/deployment_changes.h"
#include "serve/http/load_on_request.h"
#include "tests/serve/fake_engine.h"

namespace filigree::serve {
namespace {

using namespace std::chrono_literals;
using Duration = LoadShare::Duration;

constexpr Duration kPiece = LoadShare::kTurn / 5;

TEST(LoadShare, RestsForTimesOfWhatItHasUsedWhileOthersAreBusy) {
  LoadShare share;
  Duration used{0};
  Duration rested{0};
  for (int piece = 0; piece < 1000; ++piece) {
    const LoadShare::Rest rest = share.after(kPiece, true);
    used += kPiece;
    EXPECT_LE(rest.least, rest.most);
    EXPECT_LE(rest.most, LoadShare::kLongestRest);
    if (rest.most > Duration{0}) share.rested(rest, rest.most);
    rested += rest.most;
  }
  // However long others are busy, it goes on.
  EXPECT_EQ(rested, LoadShare::kMostRest * used);
}

TEST(LoadShare, DoesNotRestWhileOthersAreIdle) {
  LoadShare share;
  for (int piece = 0; piece < 100; ++piece)
    EXPECT_EQ(share.after(LoadShare::kTurn, false).most, Duration{0});
  // What it used meanwhile is not part of a turn.
  EXPECT_EQ(share.after(kPiece, true).most, Duration{0});
}

TEST(LoadShare, RestsNoLongerForALongPiece) {
  LoadShare share;
  EXPECT_EQ(share.after(1s, true).most, LoadShare::kLongestRest);
}

TEST(LoadShare, MakesUpForRestsThatWereTooLong) {
  LoadShare share;
  const Duration whole = LoadShare::kMostRest * LoadShare::kTurn;
  share.rested(share.after(LoadShare::kTurn, true), whole + 1ms);
  EXPECT_EQ(share.after(LoadShare::kTurn, true).most, whole - 1ms);
  share.rested({.least = {}, .most = whole - 1ms}, whole + 100s);
  Duration saved{0};
  for (int turn = 0; turn < 100; ++turn) saved += whole - share.after(LoadShare::kTurn, true).most;
  EXPECT_EQ(saved, LoadShare::kMostCredit);
}

TEST(GivingWay, WaitsForIdleTimesOnlyOfThoseThatAreBusy) {
  std::atomic<bool> busy{true};
  std::atomic<int> waits{0};
  const auto give_way = giving_way({.busy = [&] { return busy.load(); },
                                    .wait_for_idle =
                                        [&](Duration longest) {
                                          EXPECT_LE(longest, LoadShare::kLongestRest);
                                          ++waits;
                                        }});
  // Ends, although they never are idle.
  while (waits < 3) give_way();
  busy = false;
  const int before = waits;
  for (int i = 0; i < 100'000; ++i) give_way();
  EXPECT_EQ(waits, before);
}

// Of a backend whose models say on which threads they are loaded.
class GivingWayLoads : public testing::Test {
 protected:
  GivingWayLoads() {
    backend_.give_way = [] {};
    backend_.load_model = [this, load = backend_.load_model](const auto& path,
                                                             const auto& options) {
      ++(loader::current_wait() ? giving_way_ : others_);
      return load(path, options);
    };
  }

  FakeEngine engine_;
  Backend backend_ = engine_.backend();
  std::atomic<int> giving_way_{0};
  std::atomic<int> others_{0};
};

TEST_F(GivingWayLoads, AreThoseOfChangesAndNotThoseOfTheStart) {
  Metrics metrics({});
  CurrentDeployment current{std::make_shared<Deployment>(fake_config({"a"}), backend_)};
  current.get()->catalog().load({});
  EXPECT_EQ(others_, 1);
  DeploymentChanges changes(current, backend_, metrics);
  std::promise<bool> changed;
  changes.post(
      [](const Config&) {
        return fake_config({"a", "b"});
      },
      [&](const std::optional<ChangeError>& error) { changed.set_value(!error); });
  EXPECT_TRUE(changed.get_future().get());
  EXPECT_EQ(giving_way_, 1);
  EXPECT_EQ(others_, 1);
}

TEST_F(GivingWayLoads, AreThoseThatRequestsWaitFor) {
  const auto models = std::make_shared<ResidentModels>(
      ModelLimits{.max_memory = 1500, .load_timeout = std::chrono::minutes(1)});
  const auto deployment =
      std::make_shared<Deployment>(fake_config({"a", "b", "c"}), backend_, models);
  deployment->catalog().load({}, Catalog::Extent::kWhatFits);
  EXPECT_EQ(others_, 2);
  LoadOnRequest loads(models, backend_.give_way);
  std::promise<EndpointState::Kind> loaded;
  loads.with_model(
      {.deployment = deployment,
       .endpoint = 2,
       .cancel = std::make_shared<runtime::CancelFlag>(),
       .deadline = LoadOnRequest::Clock::now() + std::chrono::minutes(1)},
      [&](const std::shared_ptr<const EndpointState>& state) { loaded.set_value(state->kind); });
  EXPECT_EQ(loaded.get_future().get(), EndpointState::Kind::kReady);
  EXPECT_EQ(giving_way_, 1);
  EXPECT_EQ(others_, 2);
}

}  // namespace
}  // namespace filigree::serve
