#include "serve/http/access_log.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

std::vector<Json> lines_of(const std::filesystem::path& path) {
  std::vector<Json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    auto parsed = parse_json(line);
    EXPECT_TRUE(std::holds_alternative<Json>(parsed)) << line;
    if (auto* json = std::get_if<Json>(&parsed)) lines.push_back(std::move(*json));
  }
  return lines;
}

std::string text(const Json& line, const char* member) {
  const Json* found = line.find(member);
  return found == nullptr ? "absent" : to_text(*found);
}

TEST(AccessLine, LeavesOutWhatThereIsNothingFor) {
  Access access;
  access.status = 400;
  access.bytes = 7;
  const std::string line = access_line(access);
  const Json json = std::get<Json>(parse_json(line.substr(0, line.size() - 1)));
  EXPECT_EQ(json.as_object()->size(), 4U) << line;
  EXPECT_EQ(text(json, "status"), "400");
  EXPECT_EQ(text(json, "bytes"), "7");
  EXPECT_EQ(text(json, "total_ms"), "0.0");
}

class AccessLogged : public ServerTest {
 protected:
  AccessLogged()
      : path_(std::filesystem::temp_directory_path() /
              ("access_log_test." + std::to_string(::getpid()))) {
    std::filesystem::remove(path_);
    options_.access_log = path_.string();
  }
  ~AccessLogged() override { std::filesystem::remove(path_); }

  const std::filesystem::path path_;
};

TEST_F(AccessLogged, TellsOfEveryAnswer) {
  start();
  HttpClient client(port());
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  client.send("POST /predict?secret=1 HTTP/1.1\r\nHost: t\r\nX-Request-Id: r1\r\nTraceparent: 00-" +
              trace + "-b7ad6b7169203331-01\r\nContent-Length: " +
              std::to_string(kQuestion.size()) + "\r\n\r\n" + kQuestion);
  const ClientResponse answer = client.receive();
  const std::string ours = answer.headers.at("traceparent");
  EXPECT_EQ(ours.substr(0, 36), "00-" + trace + "-");
  EXPECT_NE(ours.substr(36, 16), "b7ad6b7169203331");
  client.send("GET /nothing HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.receive().headers.count("traceparent"), 0U);
  client.send("nonsense\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400);
  server_->stop();
  server_.reset();
  const std::vector<Json> lines = lines_of(path_);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(text(lines[0], "method"), "\"POST\"");
  EXPECT_EQ(text(lines[0], "path"), "\"/predict\"");
  EXPECT_EQ(text(lines[0], "status"), "200");
  EXPECT_GT(*lines[0].find("bytes")->as_integer(), static_cast<std::int64_t>(kAnswer.size()));
  EXPECT_GT(*lines[0].find("total_ms")->as_double(), 0);
  EXPECT_EQ(text(lines[0], "queue_ms"), "1.0");
  EXPECT_EQ(text(lines[0], "inference_ms"), "2.0");
  EXPECT_EQ(text(lines[0], "tokens"), "6");
  EXPECT_EQ(text(lines[0], "request_id"), "\"r1\"");
  EXPECT_EQ(text(lines[0], "trace_id"), "\"" + trace + "\"");
  EXPECT_EQ(text(lines[0], "span_id"), "\"" + ours.substr(36, 16) + "\"");
  EXPECT_EQ(text(lines[1], "path"), "\"/nothing\"");
  EXPECT_EQ(text(lines[1], "status"), "404");
  EXPECT_EQ(text(lines[1], "trace_id"), "absent");
  EXPECT_EQ(text(lines[1], "tokens"), "absent");
  EXPECT_EQ(text(lines[2], "status"), "400");
  EXPECT_EQ(text(lines[2], "method"), "absent");
}

TEST_F(AccessLogged, TellsOfClientsThatHaveGone) {
  start();
  engine_.hold_answers();
  HttpClient client(port());
  client.send(post_text("/predict", kQuestion));
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  client.reset();
  ASSERT_TRUE(engine_.wait_for_cancel());
  engine_.release_answers();
  ASSERT_TRUE(metrics_will_have(R"(filigree_requests_total{endpoint="qa",code="499"} 1)"));
  server_.reset();
  const std::vector<Json> lines = lines_of(path_);
  ASSERT_FALSE(lines.empty());
  bool told = false;
  for (const Json& line : lines) told = told || text(line, "status") == "499";
  EXPECT_TRUE(told);
}

TEST_F(AccessLogged, OnAFullDiskCostsLinesAndNothingElse) {
  options_.access_log = "/dev/full";
  start();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post("/predict", kQuestion).status, 200);
  // Those of asking for the metrics are dropped, too.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const std::string none = "filigree_log_lines_dropped_total{log=\"access\"} 0\n";
  std::string metrics;
  do metrics = get("/metrics").body;
  while (metrics.find(none) != std::string::npos && std::chrono::steady_clock::now() < deadline);
  EXPECT_EQ(metrics.find(none), std::string::npos);
  EXPECT_NE(metrics.find("filigree_log_lines_dropped_total{log=\"access\"}"), std::string::npos);
}

TEST_F(AccessLogged, ThatCannotBeOpenedIsAnErrorAtTheStart) {
  options_.access_log = "/no/such/folder/log";
  try {
    start();
    FAIL() << "started";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "access_log: /no/such/folder/log cannot be opened: No such file or directory");
  }
}

}  // namespace
}  // namespace filigree::serve
