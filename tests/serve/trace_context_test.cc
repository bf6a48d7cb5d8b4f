#include "serve/http/trace_context.h"

#include <gtest/gtest.h>

namespace filigree::serve {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kParent = "00-" + kTrace + "-b7ad6b7169203331-01";

TEST(TraceContext, KeepsTraceAndFlags) {
  const auto context = parse_traceparent(kParent);
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(traceparent(*context, "00f067aa0ba902b7"), "00-" + kTrace + "-00f067aa0ba902b7-01");
}

TEST(TraceContext, AcceptsMoreInLaterVersions) {
  EXPECT_TRUE(parse_traceparent("cc" + kParent.substr(2) + "-what-the-future-brings"));
  EXPECT_FALSE(parse_traceparent(kParent + "-more"));
  EXPECT_FALSE(parse_traceparent("cc" + kParent.substr(2) + ".more"));
}

TEST(TraceContext, IsContinuedWithASpanOfItsOwn) {
  const std::string ours = continued_trace(kParent);
  EXPECT_TRUE(parse_traceparent(ours)) << ours;
  EXPECT_EQ(trace_id(ours), kTrace);
  EXPECT_NE(span_id(ours), "b7ad6b7169203331");
  EXPECT_NE(span_id(ours), span_id(continued_trace(kParent)));
  EXPECT_TRUE(ours.ends_with("-01"));
  EXPECT_EQ(continued_trace("00-nothing"), "");
  EXPECT_EQ(trace_id(""), "");
}

TEST(TraceContext, IgnoresWhatIsNone) {
  EXPECT_FALSE(parse_traceparent(""));
  EXPECT_FALSE(parse_traceparent("ff" + kParent.substr(2)));
  EXPECT_FALSE(parse_traceparent("00-" + std::string(32, '0') + "-b7ad6b7169203331-01"));
  EXPECT_FALSE(parse_traceparent("00-" + kTrace + "-" + std::string(16, '0') + "-01"));
  EXPECT_FALSE(parse_traceparent("00-" + std::string(32, 'G') + "-b7ad6b7169203331-01"));
  EXPECT_FALSE(parse_traceparent(kParent.substr(0, kParent.size() - 1)));
  EXPECT_FALSE(parse_traceparent("00_" + kParent.substr(3)));
}

}  // namespace
}  // namespace filigree::serve
