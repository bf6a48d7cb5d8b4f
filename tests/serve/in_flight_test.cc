// The count of requests in flight, seen from where the answers arrive.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "serve/http/infer.h"
#include "tests/serve/fake_engine.h"

namespace filigree::serve {
namespace {

struct Seen {
  int status;
  std::size_t in_flight;
};

class InFlight : public testing::Test {
 protected:
  ~InFlight() override { backend_.drain(); }

  static HttpRequest question() {
    return {.method = "POST",
            .target = "/predict",
            .body = R"({"question": "who", "context": "in oslo"})",
            .request_id = "test"};
  }

  void ask(Reply reply, HttpRequest request = question()) {
    infer_.answer(0, catalog_.state(0), std::move(request), std::make_shared<runtime::CancelFlag>(),
                  std::move(reply));
  }

  // What the answer sees when it leaves.
  std::future<Seen> ask_and_look(HttpRequest request = question()) {
    // Shared: set_value() may still be at it when the test has ended.
    const auto seen = std::make_shared<std::promise<Seen>>();
    auto future = seen->get_future();
    ask(
        [this, seen](const HttpResponse& response) {
          seen->set_value({response.status, infer_.in_flight()});
        },
        std::move(request));
    return future;
  }

  FakeEngine engine_;
  const Config config_ = fake_config({"qa"});
  const Backend backend_ = engine_.backend();
  Metrics metrics_{{"qa"}};
  Catalog catalog_{config_, backend_};
  InferService infer_{backend_, metrics_};
};

TEST_F(InFlight, IsCountedUntilTheAnswerLeavesAndNoLonger) {
  catalog_.load({});
  engine_.hold_answers();
  auto seen = ask_and_look();
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  EXPECT_EQ(infer_.in_flight(), 1U);
  engine_.release_answers();
  const Seen answer = seen.get();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.in_flight, 0U);
}

TEST_F(InFlight, IsNotCountedOnceRefusedWhileTheModelLoads) {
  auto seen = ask_and_look();
  const Seen answer = seen.get();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.in_flight, 0U);
}

TEST_F(InFlight, CloseReturnsAfterTheAnswerWasSent) {
  catalog_.load({});
  std::promise<void> begun;
  std::promise<void> go_on;
  std::atomic<bool> sent = false;
  ask([&](const HttpResponse&) {
    begun.set_value();
    go_on.get_future().wait();
    sent = true;
  });
  begun.get_future().wait();
  EXPECT_EQ(infer_.in_flight(), 0U);
  auto closed = std::async(std::launch::async, [&] {
    backend_.drain();
    infer_.close();
    return sent.load();
  });
  EXPECT_EQ(closed.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  go_on.set_value();
  EXPECT_TRUE(closed.get());
}

TEST_F(InFlight, ExpiresWithoutReachingTheEngineWhenAllThreadsAreBusy) {
  catalog_.load({});
  std::promise<void> go_on;
  const auto wait = go_on.get_future().share();
  std::atomic<int> busy = 0;
  HttpRequest no_json = question();
  no_json.body.assign(InferService::kShortBody + 1, ' ');  // too long for the thread of the caller
  for (int i = 0; i < 2; ++i)                              // the threads of the service
    ask(
        [&, wait](const HttpResponse&) {
          ++busy;
          wait.wait();
        },
        no_json);
  while (busy < 2) std::this_thread::yield();
  HttpRequest late = question();
  late.headers = {{"X-Request-Timeout-Ms", "1"}};
  late.body.append(InferService::kShortBody, ' ');
  auto seen = ask_and_look(std::move(late));
  const auto deadline = runtime::Clock::now() + std::chrono::milliseconds(2);
  while (runtime::Clock::now() < deadline) std::this_thread::yield();
  go_on.set_value();
  EXPECT_EQ(seen.get().status, 504);
  EXPECT_EQ(engine_.submitted(), 0U);
}

TEST_F(InFlight, AShortRequestThatIsAloneIsReadWhereItArrives) {
  catalog_.load({});
  engine_.hold_answers();
  auto first = ask_and_look();
  EXPECT_EQ(engine_.submitted(), 1U);  // already: there was no other thread to wait for
  auto second = ask_and_look();
  ASSERT_TRUE(engine_.wait_for_submitted(2));
  engine_.release_answers();
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(second.get().status, 200);
}

TEST_F(InFlight, IsCountedDownOnceWhenSendingFails) {
  catalog_.load({});
  const auto seen = std::make_shared<std::promise<Seen>>();
  ask([this, seen, calls = 0](const HttpResponse& response) mutable {
    if (++calls == 1) throw std::runtime_error("no memory");
    seen->set_value({response.status, infer_.in_flight()});
  });
  const Seen answer = seen->get_future().get();
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.in_flight, 0U);
}

}  // namespace
}  // namespace filigree::serve
