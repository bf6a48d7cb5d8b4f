#include "serve/http/metrics.h"

#include <gtest/gtest.h>

#include "tests/serve/prometheus_text.h"

namespace filigree::serve {
namespace {

using std::chrono::milliseconds;

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

Gauges gauges() {
  Gauges values{.in_flight = 2,
                .queued = 1,
                .queued_tokens = 77,
                .batches = {},
                .models_ready = {true, false},
                .isa = "avx2",
                .commit = "b5be05b",
                .cores = 4};
  for (const std::size_t tokens : {16, 17, 5000}) values.batches.add(tokens);
  values.batches.joint = 2;
  return values;
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
  EXPECT_TRUE(has_line(text, "filigree_joint_batches_total 2"));
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
  EXPECT_TRUE(has_line(text, "filigree_tokens_queued 77"));
  EXPECT_TRUE(has_line(text, R"(filigree_batch_tokens_bucket{le="16"} 1)"));
  EXPECT_TRUE(has_line(text, R"(filigree_batch_tokens_bucket{le="32"} 2)"));
  EXPECT_TRUE(has_line(text, R"(filigree_batch_tokens_bucket{le="4096"} 2)"));
  EXPECT_TRUE(has_line(text, R"(filigree_batch_tokens_bucket{le="+Inf"} 3)"));
  EXPECT_TRUE(has_line(text, "filigree_batch_tokens_sum 5033"));
  EXPECT_NE(text.find(R"(commit="b5be05b",isa="avx2",cores="4"} 1)"), std::string::npos);
}

TEST(Metrics, EscapeLabels) {
  const Metrics metrics({R"(a"b\c)"});
  EXPECT_NE(metrics.text({}).find(R"(endpoint="a\"b\\c")"), std::string::npos);
  EXPECT_NE(Metrics({"a\nb"}).text({}).find(R"(endpoint="a\nb")"), std::string::npos);
}

TEST(Metrics, AreWellFormed) {
  Metrics metrics({R"(a"b\c)", "line\nend"});
  metrics.count(0, 200);
  metrics.count(std::nullopt, 404);
  for (int i = 0; i < 20; ++i)
    for (std::size_t stage = 0; stage < kStages; ++stage)
      metrics.observe(i % 2, static_cast<Stage>(stage), std::chrono::microseconds(1 << i));
  const auto parsed = parse_prometheus(metrics.text(gauges()));
  ASSERT_TRUE(std::holds_alternative<PrometheusSamples>(parsed)) << std::get<std::string>(parsed);
  EXPECT_GT(std::get<PrometheusSamples>(parsed).size(), 100U);
}

TEST(Prometheus, ReaderFindsWhatIsWrong) {
  const std::string head = "# HELP m h\n# TYPE m histogram\n";
  const std::string good =
      head + "m_bucket{le=\"1\"} 1\nm_bucket{le=\"+Inf\"} 2\nm_sum 3\nm_count 2\n";
  EXPECT_TRUE(std::holds_alternative<PrometheusSamples>(parse_prometheus(good)));
  for (const std::string& bad :
       {head + head, std::string("m 1\n"), good + "m_sum 3\n", good.substr(0, good.size() - 1),
        head + "m_bucket{le=\"1\"} 3\nm_bucket{le=\"+Inf\"} 2\nm_sum 3\nm_count 2\n",
        head + "m_bucket{le=\"1\"} 1\nm_sum 3\nm_count 1\n",
        head + "m_bucket{le=\"+Inf\"} 2\nm_sum 3\nm_count 3\n",
        head + "m_bucket{le=\"+Inf\"} 2\nm_count 2\n",
        std::string("# HELP c h\n# TYPE c counter\nc 1\n"),
        std::string("# HELP g h\n# TYPE g gauge\ng{a=\"\\t\"} 1\n"),
        std::string("# HELP g h\n# TYPE g gauge\ng{a=\"b\"c=\"d\"} 1\n"),
        std::string("# HELP g h\n# TYPE g gauge\ng{a=\"b} 1\n"),
        std::string("# HELP g h\n# TYPE g gauge\ng one\n"),
        std::string("# HELP g h\n# TYPE g gauge\n# HELP f h\n# TYPE f gauge\ng 1\nf 1\n"
                    "g{a=\"b\"} 1\n")})
    EXPECT_TRUE(std::holds_alternative<std::string>(parse_prometheus(bad))) << bad;
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
