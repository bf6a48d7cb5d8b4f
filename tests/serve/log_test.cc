#include "serve/log.h"

#include <gtest/gtest.h>

#include "serve/json.h"

namespace filigree::serve {
namespace {

class Log : public testing::Test {
 protected:
  void TearDown() override {
    set_log_level(LogLevel::kInfo);
    set_log_format(LogFormat::kText);
  }

  static std::string written(LogLevel level, std::string_view message) {
    testing::internal::CaptureStderr();
    log(level, message);
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, WritesTimeLevelAndMessageOnOneLine) {
  const std::string line = written(LogLevel::kWarning, "low on tea");
  EXPECT_EQ(line.substr(10, 1), "T");
  EXPECT_TRUE(line.ends_with("Z warning low on tea\n")) << line;
}

TEST_F(Log, KeepsForeignTextOnItsLine) {
  EXPECT_TRUE(written(LogLevel::kInfo, "a\nb\x1b[31m").ends_with("info a\\x0ab\\x1b[31m\n"));
}

TEST_F(Log, NamesTheRequestThatAMessageIsAbout) {
  testing::internal::CaptureStderr();
  log(LogLevel::kError, {.request_id = "r1", .trace_id = "t1"}, "no");
  log(LogLevel::kError, {.request_id = "r2"}, "way");
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_NE(lines.find(" error request r1, trace t1: no\n"), std::string::npos) << lines;
  EXPECT_TRUE(lines.ends_with(" error request r2: way\n")) << lines;
}

TEST_F(Log, IsOneJsonObjectOnALineWhenAskedTo) {
  set_log_format(LogFormat::kJson);
  testing::internal::CaptureStderr();
  log(LogLevel::kWarning, {.request_id = "r1", .trace_id = "t1"}, "a \"b\"\n\xff");
  const std::string line = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(line.ends_with("}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto parsed = parse_json(line.substr(0, line.size() - 1));
  ASSERT_TRUE(std::holds_alternative<Json>(parsed)) << line;
  const Json& json = std::get<Json>(parsed);
  EXPECT_EQ(json.find("time")->as_string()->size(), 24U);
  EXPECT_EQ(*json.find("level")->as_string(), "warning");
  EXPECT_EQ(*json.find("message")->as_string(), "a \"b\"\n\uFFFD");
  EXPECT_EQ(*json.find("request_id")->as_string(), "r1");
  EXPECT_EQ(*json.find("trace_id")->as_string(), "t1");
  EXPECT_EQ(written(LogLevel::kInfo, "x").find("request_id"), std::string::npos);
}

TEST_F(Log, DropsMessagesBelowTheLevel) {
  set_log_level(LogLevel::kError);
  EXPECT_EQ(written(LogLevel::kWarning, "x"), "");
  EXPECT_FALSE(log_enabled(LogLevel::kInfo));
  EXPECT_TRUE(log_enabled(LogLevel::kError));
}

TEST_F(Log, KnowsTheLevelsOfDeepSparse) {
  for (const std::string_view name : {"debug", "info", "warn", "critical", "fatal"})
    EXPECT_TRUE(parse_log_level(name)) << name;
  EXPECT_FALSE(parse_log_level("loud"));
}

}  // namespace
}  // namespace filigree::serve
