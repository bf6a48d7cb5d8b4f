// `filigree load` against the server of this repository on loopback, with an engine that a test can
// stall.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <thread>

#include "tests/serve/server_support.h"
#include "tools/cli/files.h"
#include "tools/load/load_run.h"
#include "tools/load/questions.h"
#include "tools/program.h"

namespace filigree::tools {
namespace {

using serve::Json;
using std::chrono::milliseconds;

class Load : public serve::ServerTest {
 protected:
  struct Outcome {
    ExitCode code;
    std::string out, err;
  };

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port()) + path;
  }
  LoadPlan plan(const std::string& path) const {
    return {.url = parse_url(url(path)), .seconds = 30, .requests = 20};
  }
  LoadPlan questions() const {
    LoadPlan plan = this->plan("/v2/models/qa/infer");
    plan.method = "POST";
    plan.bodies = {serve::kQuestion};
    return plan;
  }
  static LoadResult run(const LoadPlan& plan) {
    auto result = run_load(plan, [](double, const LoadResult&, std::size_t) { return true; });
    EXPECT_TRUE(result.has_value());
    return std::move(*result);
  }
  static Outcome load(std::vector<std::string> words) {
    words.insert(words.begin(), "load");
    std::istringstream in;
    std::ostringstream out, err;
    Console console{.in = in, .out = out, .err = err};
    const ExitCode code = run_program(words, console);
    return {code, out.str(), err.str()};
  }
};

TEST_F(Load, ClientsOfAClosedLoopKeepTheirConnections) {
  start();
  LoadPlan plan = this->plan("/v2/health/live");
  plan.connections = 3;
  const LoadResult result = run(plan);
  EXPECT_EQ(result.requests, 20U);
  EXPECT_EQ(result.answers, 20U);
  EXPECT_EQ(result.statuses, (std::map<int, std::uint64_t>{{200, 20}}));
  EXPECT_EQ(result.connects, 3U);
  EXPECT_EQ(result.latency.count(), 20U);
  EXPECT_GT(result.latency.min_ms(), 0);
  EXPECT_GT(result.received_bytes, 0U);
}

TEST_F(Load, BodiesArePostedInTurn) {
  start();
  LoadPlan plan = questions();
  plan.bodies = {serve::kQuestion, "not json", serve::kQuestion, R"({"question": "who"})"};
  EXPECT_EQ(run(plan).statuses, (std::map<int, std::uint64_t>{{200, 10}, {400, 5}, {422, 5}}));
  plan.bodies = built_in_questions();
  plan.requests = 18;
  EXPECT_EQ(run(plan).statuses, (std::map<int, std::uint64_t>{{200, 18}}));
}

TEST_F(Load, ConnectionsThatTheServerClosesAreOpenedAgain) {
  options_.idle_timeout = milliseconds(30);
  start();
  LoadPlan plan = this->plan("/v2/health/live");
  plan.header = "connection: close";
  EXPECT_EQ(run(plan).connects, 20U);
  plan.header.clear();
  plan.open = OpenLoop{.rate = 10, .arrivals = ArrivalKind::kConstant};
  plan.requests = 5;
  const LoadResult idle = run(plan);
  EXPECT_EQ(idle.answers, 5U);
  EXPECT_EQ(idle.errors, 0U);
  EXPECT_GT(idle.connects, 1U);
}

TEST_F(Load, HeadHasNoBodyToWaitFor) {
  start();
  LoadPlan plan = this->plan("/v2/health/live");
  plan.method = "HEAD";
  EXPECT_EQ(run(plan).answers, 20U);
}

// The server stalls for half a second. 200 requests are meant for one second, and two connections
// carry them: those meant for the first 0.4 s must count at least 0.1 s each, though only two of
// them were on their way.
TEST_F(Load, AStallCountsForEveryRequestMeantForItsTime) {
  start();
  engine_.hold_answers();
  LoadPlan plan = questions();
  plan.open = OpenLoop{.rate = 200, .arrivals = ArrivalKind::kConstant};
  plan.seconds = 1;
  plan.requests.reset();
  plan.connections = 2;
  std::thread stall([&] {
    EXPECT_TRUE(engine_.wait_for_submitted(1));
    std::this_thread::sleep_for(milliseconds(500));
    engine_.release_answers();
  });
  const LoadResult result = run(plan);
  stall.join();
  EXPECT_EQ(result.requests, 200U);
  EXPECT_EQ(result.answers, 200U);
  EXPECT_GE(result.latency.percentile_ms(61), 100);
  EXPECT_GE(result.latency.max_ms(), 490);
  EXPECT_GE(result.send_delay.percentile_ms(62), 100);  // two of them were not delayed
}

TEST_F(Load, WhatIsNotAnsweredInTimeCountsWithTheTimeItWaited) {
  start();
  engine_.hold_answers();
  LoadPlan plan = questions();
  plan.open = OpenLoop{.rate = 100, .arrivals = ArrivalKind::kConstant};
  plan.seconds = 0.2;
  plan.requests.reset();
  plan.timeout = milliseconds(150);
  const LoadResult result = run(plan);
  engine_.release_answers();
  EXPECT_EQ(result.requests, 20U);
  EXPECT_EQ(result.answers, 0U);
  EXPECT_GT(result.errors, 0U);
  EXPECT_GT(result.unsent, 0U);
  EXPECT_EQ(result.errors + result.unsent, 20U);
  EXPECT_EQ(result.error_kinds.at("no answer in time"), result.errors);
  EXPECT_EQ(result.latency.count(), 20U);
  EXPECT_GE(result.latency.min_ms(), 150);
}

TEST_F(Load, TheWarmUpIsNotCounted) {
  start();
  LoadPlan plan = this->plan("/v2/health/live");
  plan.open = OpenLoop{.rate = 100, .arrivals = ArrivalKind::kConstant};
  plan.requests.reset();
  plan.warmup_seconds = 0.1;
  plan.seconds = 0.1;
  EXPECT_EQ(run(plan).requests, 10U);
}

TEST_F(Load, ARefusedConnectionIsAnErrorWithItsReason) {
  start();
  LoadPlan plan = this->plan("/");
  server_.reset();
  plan.requests = 2;
  const LoadResult result = run(plan);
  EXPECT_EQ(result.error_kinds,
            (std::map<std::string, std::uint64_t>{{"connect: Connection refused", 2}}));
  EXPECT_EQ(result.latency.count(), 0U);
}

TEST_F(Load, EndsAtOnceWhenTheWatchSaysSo) {
  start();
  engine_.hold_answers();
  EXPECT_FALSE(run_load(questions(), [](double, const LoadResult&, std::size_t) { return false; }));
  engine_.release_answers();
}

TEST_F(Load, PrintsTextAndJsonAndWritesAFile) {
  start();
  const std::string file = (std::filesystem::temp_directory_path() /
                            ("filigree_load." + std::to_string(::getpid()) + ".json"))
                               .string();
  const Outcome text = load(
      {url("/v2/models/qa/infer"), "--questions", "-n", "18", "-w", "0", "-c", "2", "-x", file});
  EXPECT_EQ(text.code, ExitCode::kOk) << text.err;
  EXPECT_EQ(text.err, "");
  EXPECT_NE(text.out.find("Mode: closed loop, 2 clients\n"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("\nStatus 200: 18\n"), std::string::npos) << text.out;
  const auto parsed = serve::parse_json(read_file(file));
  ASSERT_TRUE(std::holds_alternative<Json>(parsed));
  EXPECT_EQ(serve::to_text(*std::get<Json>(parsed).find("statuses")), R"({"200":18})");
  write_file(file, serve::kQuestion + "\n\n" + serve::kQuestion + "\n");
  const Outcome json = load({url("/v2/models/qa/infer"), "--bodies", file, "-n", "4", "-w", "0",
                             "--rate", "1000", "--json"});
  EXPECT_EQ(json.code, ExitCode::kOk) << json.err;
  EXPECT_NE(json.out.find(R"("mode":"open")"), std::string::npos) << json.out;
  EXPECT_NE(json.out.find(R"("answers":4)"), std::string::npos) << json.out;
  write_file(file, "{}\n{\n");
  EXPECT_NE(load({url("/"), "--bodies", file}).err.find(file + ":2"), std::string::npos);
  std::filesystem::remove(file);
}

TEST_F(Load, ResultSaysNoWithoutAGoodAnswer) {
  start();
  EXPECT_EQ(load({url("/nowhere"), "-n", "3", "-w", "0"}).code, ExitCode::kResultSaysNo);
}

TEST_F(Load, MistakesAreUsageErrors) {
  const std::string any = "http://127.0.0.1:1/";
  const std::vector<std::vector<std::string>> lines = {{},
                                                       {"https://a/"},
                                                       {any, "--clients", "2", "--rate", "3"},
                                                       {any, "--arrivals", "poisson"},
                                                       {any, "--connections", "3"},
                                                       {any, "--rate", "0"},
                                                       {any, "--rate", "1", "--arrivals", "rarely"},
                                                       {any, "--questions", "--body", "f"},
                                                       {any, "--body", "/no/such/file"},
                                                       {any, "--method", "get it"},
                                                       {any, "--header", "a: b\r\nc: d"},
                                                       {any, "--export-path", "/no/such/folder/x"}};
  for (const auto& words : lines)
    EXPECT_EQ(load(words).code, ExitCode::kInputError) << (words.empty() ? "" : words.back());
}

}  // namespace
}  // namespace filigree::tools
