#include "serve/log.h"

#include <gtest/gtest.h>

namespace filigree::serve {
namespace {

class Log : public testing::Test {
 protected:
  void TearDown() override { set_log_level(LogLevel::kInfo); }

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
