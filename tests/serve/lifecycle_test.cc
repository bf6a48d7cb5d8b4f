#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/serve/config_support.h"
#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

class Lifecycle : public ServerTest {};

std::string status_of(const ClientResponse& response) {
  const Json json = response.json();
  return *json.find("status")->as_string();
}

TEST_F(Lifecycle, AnswersBeforeItsModelsAreLoaded) {
  engine_.hold_loading();
  start_loading(fake_config({"qa"}));
  EXPECT_EQ(get("/v2/health/live").status, 200);
  EXPECT_EQ(get("/v2/health/ready").status, 503);
  EXPECT_EQ(status_of(get("/v2/health/ready")), "loading");
  EXPECT_EQ(get("/v2/models/qa/ready").status, 503);
  const ClientResponse early = post("/predict", kQuestion);
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(early.headers.at("retry-after"), "1");
  engine_.release_loading();
  ASSERT_TRUE(server_->wait_until_loaded(std::chrono::seconds(10)));
  EXPECT_EQ(get("/v2/health/ready").status, 200);
  EXPECT_EQ(post("/predict", kQuestion).body, kAnswer);
}

TEST_F(Lifecycle, ServesTheOthersWhenAModelFails) {
  engine_.fail_model("bad", "bad/model.onnx: offset 3: broken");
  start(fake_config({"good", "bad"}));
  EXPECT_EQ(get("/v2/health/ready").status, 200);
  EXPECT_EQ(post("/v2/models/good/infer", kQuestion).body, kAnswer);
  const ClientResponse bad = post("/v2/models/bad/infer", kQuestion);
  EXPECT_EQ(bad.status, 503);
  EXPECT_NE(bad.body.find("offset 3: broken"), std::string::npos);
  EXPECT_EQ(bad.headers.count("retry-after"), 0U);
}

TEST_F(Lifecycle, IsNeverReadyWhenEveryModelFails) {
  engine_.fail_model("bad", "broken");
  start(fake_config({"bad"}));
  const ClientResponse ready = get("/v2/health/ready");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(status_of(ready), "failed");
  EXPECT_NE(ready.body.find("broken"), std::string::npos);
}

TEST_F(Lifecycle, DoesNotStartWithAModelThatFailsWhenItIsStrict) {
  options_.strict = true;
  engine_.fail_model("bad", "offset 3: broken");
  Server server(fake_config({"good", "bad"}), options_, engine_.backend());
  try {
    run_until_signal(server, [](std::uint16_t) {});
    FAIL() << "serves";
  } catch (const ModelError& error) {
    EXPECT_STREQ(error.what(), "endpoint 'bad' cannot be served: offset 3: broken");
  }
}

TEST_F(Lifecycle, FailsAnEndpointWhoseOptionsDoNotFitTheModel) {
  Config config = fake_config({"a", "b"});
  config.endpoints[1].model_path = "a";
  std::get<QuestionAnsweringOptions>(config.endpoints[1].options).sequence_length = 4;
  start(std::move(config));
  EXPECT_EQ(post("/v2/models/a/infer", kQuestion).status, 200);
  EXPECT_NE(post("/v2/models/b/infer", kQuestion).body.find("sequence_length 4 is too small"),
            std::string::npos);
}

TEST_F(Lifecycle, LoadsAFolderOnceForSeveralEndpoints) {
  const ModelFolder models;
  Config config = fake_config({"a", "b", "c"});
  config.endpoints[0].model_path = models.path() / "m";
  config.endpoints[1].model_path = models.path() / "." / "m/";
  config.endpoints[2].model_path = models.path() / "m/model.onnx";
  start(std::move(config));
  EXPECT_EQ(engine_.loads(), 1U);
  EXPECT_EQ(post("/v2/models/c/infer", kQuestion).body, kAnswer);
}

TEST_F(Lifecycle, ShowsTheCardOfAModelFolder) {
  const ModelFolder models;
  std::ofstream(models.path() / "m/card.json") << R"({"evaluation": {"f1": 61.39}})";
  Config config = fake_config({"qa"});
  config.endpoints[0].model_path = models.path() / "m";
  start(std::move(config));
  EXPECT_EQ(to_text(*get("/v2/models/qa").json().find("card")), R"({"evaluation":{"f1":61.39}})");
}

TEST_F(Lifecycle, ServesAModelWhoseCardIsUnusableWithoutIt) {
  const ModelFolder models;
  std::ofstream(models.path() / "m/card.json") << "[1";
  Config config = fake_config({"qa"});
  config.endpoints[0].model_path = models.path() / "m";
  start(std::move(config));
  EXPECT_TRUE(get("/v2/models/qa").json().find("card")->is_null());
}

TEST_F(Lifecycle, StopAnswersWhatIsInFlightAndClosesTheRest) {
  start();
  engine_.hold_answers();
  HttpClient idle(port());
  EXPECT_EQ(idle.get("/v2/health/live").status, 200);
  HttpClient waiting(port());
  waiting.send(post_text("/predict", kQuestion));
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  std::thread stopping([this] { server_->stop(); });
  EXPECT_TRUE(idle.closed_by_server());
  EXPECT_FALSE(can_connect(port()));
  engine_.release_answers();
  const ClientResponse response = waiting.receive();
  EXPECT_EQ(response.body, kAnswer);
  EXPECT_EQ(response.headers.at("connection"), "close");
  stopping.join();
}

TEST_F(Lifecycle, StopRefusesRequestsThatTakeTooLong) {
  options_.drain_timeout = std::chrono::milliseconds(50);
  start();
  engine_.hold_answers();
  HttpClient waiting(port());
  waiting.send(post_text("/predict", kQuestion));
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  server_->stop();
  const ClientResponse response = waiting.receive();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(*response.json().find("detail")->as_string(), "the server is stopping");
}

TEST_F(Lifecycle, StopsWhileModelsAreLoading) {
  engine_.hold_loading();
  start_loading(fake_config({"a", "b", "c", "d"}));
  std::thread stopping([this] { server_->stop(); });
  engine_.release_loading();
  stopping.join();
  server_->stop();
}

TEST_F(Lifecycle, StopsWithoutEverStarting) {
  Server server(fake_config({"qa"}), options_, engine_.backend());
  server.stop();
}

TEST_F(Lifecycle, NamesAnAddressThatIsBusyOrImpossible) {
  start();
  options_.port = port();
  try {
    Server second(fake_config({"qa"}), options_, engine_.backend());
    FAIL() << "listens twice";
  } catch (const BindError& error) {
    EXPECT_EQ(std::string(error.what()),
              "cannot listen on 127.0.0.1:" + std::to_string(port()) + ": Address already in use");
  }
  options_.host = "256.0.0.1.invalid";
  EXPECT_THROW(Server(fake_config({"qa"}), options_, engine_.backend()), BindError);
}

std::ptrdiff_t threads_of_this_process() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

// A server in a process of its own, which tells its port, and what its engine does, on a pipe. The
// engine begins after the fork: a thread that another one copies while it holds a lock, such as
// that of AddressSanitizer's allocator, leaves it locked for ever.
class ServerProcess : public LoopbackTest {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer knows no threads of a forked process";
#endif
    ASSERT_EQ(threads_of_this_process(), 1);
    ASSERT_EQ(pipe(from_child_.data()), 0);
    ASSERT_EQ(pipe(to_child_.data()), 0);
    child_ = fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) run_child();
    ::close(from_child_[1]);
    ::close(to_child_[0]);
    ASSERT_EQ(read(from_child_[0], &port_, sizeof(port_)), static_cast<ssize_t>(sizeof(port_)));
  }

  void TearDown() override {
    if (child_ > 0) kill(child_, SIGKILL);
    if (child_ > 0) waitpid(child_, nullptr, 0);
  }

  [[noreturn]] void run_child() {
    FakeEngine engine;
    engine.hold_answers();
    std::thread control([&] {
      char byte = 0;
      if (engine.wait_for_submitted(1) && write(from_child_[1], "s", 1) == 1 &&
          read(to_child_[0], &byte, 1) == 1)
        engine.release_answers();
    });
    control.detach();
    Server server(fake_config({"qa"}), options_, engine.backend());
    run_until_signal(server, [&](std::uint16_t port) {
      if (write(from_child_[1], &port, sizeof(port)) != static_cast<ssize_t>(sizeof(port)))
        _exit(90);
    });
    _exit(0);
  }

  void wait_until_ready() const {
    while (HttpClient(port_).get("/v2/health/ready").status != 200) std::this_thread::yield();
  }

  int exit_status() {
    int status = -1;
    waitpid(child_, &status, 0);
    child_ = -1;
    return status;
  }

  std::array<int, 2> from_child_{}, to_child_{};
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
};

TEST_F(ServerProcess, FinishesWhatIsInFlightAfterSigtermAndExitsWithZero) {
  wait_until_ready();
  HttpClient client(port_);
  client.send(post_text("/predict", kQuestion));
  char submitted = 0;
  ASSERT_EQ(read(from_child_[0], &submitted, 1), 1);
  kill(child_, SIGTERM);
  while (can_connect(port_)) std::this_thread::yield();
  ASSERT_EQ(write(to_child_[1], "g", 1), 1);
  EXPECT_EQ(client.receive().body, kAnswer);
  const int status = exit_status();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

class LoggingServerProcess : public ServerProcess {
 protected:
  LoggingServerProcess() {
    options_.access_log = (std::filesystem::temp_directory_path() /
                           ("lifecycle_test.log." + std::to_string(getpid())))
                              .string();
  }
  ~LoggingServerProcess() override {
    std::filesystem::remove(options_.access_log);
    std::filesystem::remove(options_.access_log + ".1");
  }

  static std::size_t lines_of(const std::string& path) {
    std::ifstream file(path);
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line);) ++lines;
    return lines;
  }
};

TEST_F(LoggingServerProcess, ReopensTheAccessLogAfterSighup) {
  const std::string& path = options_.access_log;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  HttpClient(port_).get("/v2/health/live");
  while (lines_of(path) == 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  std::filesystem::rename(path, path + ".1");
  kill(child_, SIGHUP);
  while (lines_of(path) == 0 && std::chrono::steady_clock::now() < deadline)
    EXPECT_EQ(HttpClient(port_).get("/v2/health/live").status, 200);
  EXPECT_GT(lines_of(path), 0U);
  EXPECT_GT(lines_of(path + ".1"), 0U);
  kill(child_, SIGTERM);
  const int status = exit_status();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(ServerProcess, ExitsWithZeroAfterSigintWhenIdle) {
  kill(child_, SIGINT);
  const int status = exit_status();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(ServerProcess, EndsAtOnceAfterASecondSignal) {
  wait_until_ready();
  HttpClient client(port_);
  client.send(post_text("/predict", kQuestion));
  char submitted = 0;
  ASSERT_EQ(read(from_child_[0], &submitted, 1), 1);
  kill(child_, SIGTERM);
  while (can_connect(port_)) std::this_thread::yield();
  kill(child_, SIGTERM);
  const int status = exit_status();
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

}  // namespace
}  // namespace filigree::serve
