// A server on a free loopback port with a fake engine behind it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "serve/http/server.h"
#include "serve/log.h"
#include "tests/serve/fake_engine.h"
#include "tests/serve/http_client.h"

namespace filigree::serve {

inline const std::string kQuestion = R"({"question": "who", "context": "in oslo"})";
inline const std::string kAnswer = R"({"score":8.0,"answer":"oslo","start":3,"end":7})";

class LoopbackTest : public testing::Test {
 protected:
  LoopbackTest() {
    options_.host = "127.0.0.1";
    options_.port = 0;
    // Errors that a test provokes would hide those that it does not expect.
    set_log_level(LogLevel::kError);
  }

  ServerOptions options_;
};

class ServerTest : public LoopbackTest {
 protected:
  // Starts a server with one endpoint "qa", or with `config`, and waits for its models.
  void start() { start(fake_config({"qa"})); }
  void start(Config config) {
    start_loading(std::move(config));
    ASSERT_TRUE(server_->wait_until_loaded(std::chrono::seconds(10)));
  }
  void start_loading(Config config) {
    server_ = std::make_unique<Server>(std::move(config), options_, engine_.backend());
    server_->start();
  }

  std::uint16_t port() const { return server_->port(); }
  ClientResponse get(const std::string& path) const { return HttpClient(port()).get(path); }
  ClientResponse post(const std::string& path, const std::string& body) const {
    return HttpClient(port()).post(path, body);
  }

  // Asks for the metrics until they have `line`; false after ten seconds. For what nobody is told
  // when it happens.
  bool metrics_will_have(const std::string& line) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (get("/metrics").body.find(line + "\n") == std::string::npos)
      if (std::chrono::steady_clock::now() > deadline) return false;
    return true;
  }

  FakeEngine engine_;
  std::unique_ptr<Server> server_;
};

}  // namespace filigree::serve
