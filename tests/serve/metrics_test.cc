#include "serve/http/metrics.h"

#include <gtest/gtest.h>

namespace filigree::serve {
namespace {

using std::chrono::milliseconds;

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

Gauges gauges() {
  return {.in_flight = 2, .queued = 1, .models_ready = {true, false}, .isa = "avx2", .cores = 4};
}

TEST(Metrics, CountRequestsByEndpointAndStatus) {
  Metrics metrics({"a", "b"});
  metrics.count(0, 200);
  metrics.count(0, 200);
  metrics.count(1, 422);
  metrics.count(std::nullopt, 404);
  const std::string text = metrics.text(gauges());
  EXPECT_TRUE(has_line(text, R"(filigree_requests_total{endpoint="a",code="200"} 2)")) << text;
  EXPECT_TRUE(has_line(text, R"(filigree_requests_total{endpoint="b",code="422"} 1)"));
  EXPECT_TRUE(has_line(text, R"(filigree_requests_total{endpoint="",code="404"} 1)"));
  EXPECT_TRUE(has_line(text, R"(filigree_errors_total{endpoint="a"} 0)"));
  EXPECT_TRUE(has_line(text, R"(filigree_errors_total{endpoint="b"} 1)"));
}

TEST(Metrics, AccumulateHistogramBuckets) {
  Metrics metrics({"a", "b"});
  metrics.observe(0, Stage::kInference, milliseconds(5));  // on the bound: in its bucket
  metrics.observe(0, Stage::kInference, milliseconds(6));
  metrics.observe(0, Stage::kInference, milliseconds(60'000));
  const std::string text = metrics.text(gauges());
  const std::string series =
      R"(filigree_request_duration_seconds_bucket{endpoint="a",stage="inference",le=)";
  EXPECT_TRUE(has_line(text, series + R"("0.0025"} 0)")) << text;
  EXPECT_TRUE(has_line(text, series + R"("0.005"} 1)"));
  EXPECT_TRUE(has_line(text, series + R"("0.01"} 2)"));
  EXPECT_TRUE(has_line(text, series + R"("10"} 2)"));
  EXPECT_TRUE(has_line(text, series + R"("+Inf"} 3)"));
  EXPECT_TRUE(has_line(
      text, R"(filigree_request_duration_seconds_count{endpoint="a",stage="inference"} 3)"));
  EXPECT_TRUE(
      has_line(text, R"(filigree_request_duration_seconds_count{endpoint="a",stage="queue"} 0)"));
}

TEST(Metrics, ShowGauges) {
  Metrics metrics({"a", "b"});
  metrics.count_tokens(1, 100);
  metrics.count_tokens(1, 28);
  const std::string text = metrics.text(gauges());
  EXPECT_TRUE(has_line(text, "filigree_requests_in_flight 2"));
  EXPECT_TRUE(has_line(text, "filigree_requests_queued 1"));
  EXPECT_TRUE(has_line(text, R"(filigree_model_ready{endpoint="a"} 1)"));
  EXPECT_TRUE(has_line(text, R"(filigree_model_ready{endpoint="b"} 0)"));
  EXPECT_TRUE(has_line(text, R"(filigree_tokens_total{endpoint="b"} 128)"));
  EXPECT_NE(text.find(R"(isa="avx2",cores="4"} 1)"), std::string::npos);
}

TEST(Metrics, EscapeLabels) {
  const Metrics metrics({R"(a"b\c)"});
  EXPECT_NE(metrics.text({}).find(R"(endpoint="a\"b\\c")"), std::string::npos);
}

TEST(Metrics, NumberEndpointsThatComeLaterAndKeepTheirCounts) {
  Metrics metrics({"a"});
  metrics.count(std::nullopt, 404);
  EXPECT_EQ(metrics.endpoint_number("a"), 0U);
  EXPECT_EQ(metrics.endpoint_number("b"), 1U);
  metrics.count(1, 200);
  EXPECT_EQ(metrics.endpoint_number("c"), 2U);
  EXPECT_EQ(metrics.endpoint_number("b"), 1U);
  const std::string text = metrics.text(gauges());
  EXPECT_TRUE(has_line(text, R"(filigree_requests_total{endpoint="b",code="200"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(filigree_requests_total{endpoint="",code="404"} 1)"));
}

}  // namespace
}  // namespace filigree::serve
