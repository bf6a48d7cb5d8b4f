// What a service manager hears: a test is one, on a socket of its own.
#include "serve/http/service_notices.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "serve/http/service_environment.h"
#include "tests/serve/config_support.h"
#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

class ManagerSocket {
 public:
  // `name` as in NOTIFY_SOCKET.
  explicit ManagerSocket(const std::string& name)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0)
      throw std::runtime_error("cannot bind " + name + ": " + std::strerror(errno));
    wait_at_most(std::chrono::seconds(10));
  }
  ~ManagerSocket() { ::close(socket_); }
  ManagerSocket(const ManagerSocket&) = delete;
  ManagerSocket& operator=(const ManagerSocket&) = delete;

  void wait_at_most(std::chrono::microseconds time) const {
    constexpr int kMillion = 1'000'000;
    const timeval patience{.tv_sec = time.count() / kMillion, .tv_usec = time.count() % kMillion};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }

  // The next message; empty when none came in time.
  std::string receive() const {
    std::array<char, 4096> text{};
    const ssize_t size = ::recv(socket_, text.data(), text.size(), 0);
    return size < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
  }

  // True when `message` comes before the messages end.
  bool will_hear(const std::string& message) const {
    for (std::string heard = receive(); !heard.empty(); heard = receive())
      if (heard == message) return true;
    return false;
  }

 private:
  int socket_;
};

class ServiceNotice : public ServerTest {
 protected:
  ServiceNotice() { name_socket((folder_.path() / "notify").string()); }
  ~ServiceNotice() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC"}) unsetenv(name);
  }

  void name_socket(const std::string& name) {
    asked_.notify_socket = name;
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  void expect_signs(std::chrono::microseconds watchdog) {
    asked_.watchdog = watchdog;
    setenv("WATCHDOG_USEC", std::to_string(watchdog.count()).c_str(), 1);
  }

  ModelFolder folder_;
  ServiceEnvironment asked_;  // what the environment says
};

TEST_F(ServiceNotice, TellsHowFarLoadingIsAndWhenTheServerIsReadyAndStops) {
  const ManagerSocket manager(asked_.notify_socket);
  engine_.hold_loading();
  start_loading(fake_config({"a", "b"}));
  EXPECT_EQ(manager.receive(), "STATUS=loading, 0 of 2 endpoints ready");
  EXPECT_EQ(manager.receive(), "EXTEND_TIMEOUT_USEC=30000000");
  engine_.release_loading();
  EXPECT_TRUE(manager.will_hear("READY=1\nSTATUS=serving 2 endpoints"));
  server_->stop();
  EXPECT_TRUE(manager.will_hear("STOPPING=1\nSTATUS=finishing the requests in flight"));
}

TEST_F(ServiceNotice, ReachesAnAbstractSocket) {
  name_socket("@filigree-test-" + folder_.path().filename().string());
  const ManagerSocket manager(asked_.notify_socket);
  start();
  EXPECT_TRUE(manager.will_hear("READY=1\nSTATUS=serving 1 endpoint"));
}

TEST_F(ServiceNotice, SaysWhyNothingCanBeServedAndNeverThatItIsReady) {
  const ManagerSocket manager(asked_.notify_socket);
  engine_.fail_model("bad", "offset 3:\nbroken");
  start(fake_config({"bad"}));
  EXPECT_TRUE(manager.will_hear(
      "STATUS=no endpoint can be served, 1 failed: endpoint 'bad' cannot be served: offset 3: "
      "broken"));
}

TEST_F(ServiceNotice, TellsThatAnotherConfigurationIsLoaded) {
  const ManagerSocket manager(asked_.notify_socket);
  options_.admin = true;
  options_.model_root = folder_.path();
  start();
  EXPECT_TRUE(manager.will_hear("READY=1\nSTATUS=serving 1 endpoint"));
  engine_.hold_loading();
  std::thread asking([this] {
    EXPECT_EQ(post("/endpoints", R"({"task": "qa", "name": "b", "model": "m"})").status, 200);
  });
  EXPECT_TRUE(
      manager.will_hear("RELOADING=1\nSTATUS=serving 1 endpoint, loading another configuration"));
  engine_.release_loading();
  EXPECT_TRUE(manager.will_hear("READY=1\nSTATUS=serving 2 endpoints"));
  asking.join();
}

TEST_F(ServiceNotice, ServesWithoutAManagerThatListens) {
  start();
  EXPECT_EQ(post("/predict", kQuestion).body, kAnswer);
}

TEST_F(ServiceNotice, GivesSignsOfLifeWhileTheServerStops) {
  expect_signs(std::chrono::milliseconds(20));
  const ManagerSocket manager(asked_.notify_socket);
  start();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(manager.will_hear("WATCHDOG=1"));
  engine_.hold_answers();
  HttpClient waiting(port());
  waiting.send(post_text("/predict", kQuestion));
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  std::thread stopping([this] { server_->stop(); });
  EXPECT_TRUE(manager.will_hear("STOPPING=1\nSTATUS=finishing the requests in flight"));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(manager.will_hear("WATCHDOG=1"));
  engine_.release_answers();
  stopping.join();
}

TEST_F(ServiceNotice, GivesNoSignOfLifeWhenTheNetworkThreadHangs) {
  expect_signs(std::chrono::milliseconds(20));
  const ManagerSocket manager(asked_.notify_socket);
  boost::asio::io_context context(1);
  ServiceNotices notices(context, asked_, [] { return ServiceState{.ready = 1}; });
  notices.start();
  EXPECT_EQ(manager.receive(), "READY=1\nSTATUS=serving 1 endpoint");
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
  // Nobody runs the context, as when a handler does not return.
  manager.wait_at_most(asked_.watchdog * 3);
  EXPECT_EQ(manager.receive(), "");
  manager.wait_at_most(std::chrono::seconds(10));
  context.run_one();
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
}

TEST_F(ServiceNotice, IsRepeatedWhenTheSocketWasFull) {
  const ManagerSocket manager(asked_.notify_socket);
  ServiceState state;
  boost::asio::io_context context(1);
  ServiceNotices notices(context, asked_, [&] { return state; });
  // More than the kernel queues for a socket that nobody reads.
  constexpr std::size_t kMany = 1000;
  for (state.ready = 2; state.ready <= kMany; ++state.ready) notices.start();
  state.ready = kMany;
  const std::string last = "READY=1\nSTATUS=serving 1000 endpoints";
  manager.wait_at_most(std::chrono::milliseconds(1));
  EXPECT_FALSE(manager.will_hear(last));
  // Each start() has ended the wait of the one before it; the last wait ends in time.
  for (std::size_t i = 2; i <= kMany; ++i) context.run_one();
  EXPECT_TRUE(manager.will_hear(last));
}

class EnvironmentOfAService : public testing::Test {
 protected:
  ~EnvironmentOfAService() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }

  static std::string error() {
    try {
      service_environment();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  }
};

TEST_F(EnvironmentOfAService, NamesTheSocketAndTheTimeOfTheWatchdog) {
  EXPECT_EQ(service_environment(), ServiceEnvironment());
  setenv("NOTIFY_SOCKET", "@manager", 1);
  EXPECT_EQ(service_environment().notify_socket, "@manager");
  EXPECT_EQ(service_environment().watchdog.count(), 0);
  setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(service_environment().watchdog, std::chrono::seconds(30));
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(service_environment().watchdog, std::chrono::seconds(30));
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(service_environment().watchdog.count(), 0);
}

TEST_F(EnvironmentOfAService, RefusesWhatCannotBeUsed) {
  setenv("NOTIFY_SOCKET", "relative", 1);
  EXPECT_EQ(error(),
            "environment variable NOTIFY_SOCKET is 'relative', expected the absolute path of a "
            "Unix socket, or '@' and its abstract name");
  setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'x')).c_str(), 1);
  EXPECT_NE(error().find("at most 107 bytes"), std::string::npos);
  setenv("NOTIFY_SOCKET", "/run/notify", 1);
  for (const char* text : {"0", "-1", "x", "1s", "99999999999999999999"}) {
    setenv("WATCHDOG_USEC", text, 1);
    EXPECT_EQ(error().substr(0, 40 + std::strlen(text)),
              "environment variable WATCHDOG_USEC is '" + std::string(text) + "'");
  }
}

}  // namespace
}  // namespace filigree::serve
