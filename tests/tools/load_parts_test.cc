// What `filigree load` is made of, without a server: addresses, times, arrivals, bodies.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "serve/json.h"
#include "tools/cli/errors.h"
#include "tools/load/arrivals.h"
#include "tools/load/latency_histogram.h"
#include "tools/load/load_report.h"
#include "tools/load/questions.h"
#include "tools/load/url.h"

namespace filigree::tools {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

TEST(Url, PartsAreHostPortAndTarget) {
  const Url plain = parse_url("http://localhost:5543/v2/health/live?a=b#c");
  EXPECT_EQ(plain.host, "localhost");
  EXPECT_EQ(plain.port, "5543");
  EXPECT_EQ(plain.target, "/v2/health/live?a=b");
  EXPECT_EQ(plain.authority, "localhost:5543");
  const Url bare = parse_url("http://example.org");
  EXPECT_EQ(bare.port, "80");
  EXPECT_EQ(bare.target, "/");
  const Url ipv6 = parse_url("http://[::1]:80?q");
  EXPECT_EQ(ipv6.host, "::1");
  EXPECT_EQ(ipv6.port, "80");
  EXPECT_EQ(ipv6.target, "/?q");
  EXPECT_EQ(parse_url("http://[::1]/").host, "::1");
}

TEST(Url, OthersAreUsageErrors) {
  for (const char* text :
       {"", "localhost:80", "https://a/", "unix:/a", "http://", "http://:80/", "http://a:0/",
        "http://a:65536/", "http://a:x/", "http://u:p@a/", "http://a/b c", "http://a/\r\nx: y"})
    EXPECT_THROW(parse_url(text), UsageError) << text;
}

TEST(LatencyHistogram, PercentilesAreRightToAFifthOfAPercent) {
  LatencyHistogram times;
  std::vector<double> exact;
  double value = 1;
  while (value < 1e13) {  // a nanosecond to almost three hours
    times.add(nanoseconds(static_cast<std::int64_t>(value)));
    exact.push_back(std::floor(value));
    value *= 1.003;
  }
  for (const double percent : {0.0, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const double wanted = std::ceil(percent / 100 * static_cast<double>(exact.size()));
    const double truth = exact[static_cast<std::size_t>(std::max(wanted, 1.0)) - 1];
    const double found = times.percentile_ms(percent) * 1e6;
    EXPECT_GE(found, truth * (1 - 1e-12)) << percent;
    EXPECT_LE(found, truth * (1 + 1.0 / 512)) << percent;
  }
  EXPECT_EQ(times.count(), exact.size());
  EXPECT_DOUBLE_EQ(times.max_ms() * 1e6, exact.back());
  EXPECT_DOUBLE_EQ(times.min_ms() * 1e6, 1);
}

TEST(LatencyHistogram, HasAPlaceForEveryTime) {
  LatencyHistogram times;
  EXPECT_EQ(times.percentile_ms(50), 0);
  times.add(nanoseconds(-5));
  times.add(hours(1000));
  EXPECT_EQ(times.count(), 2U);
  EXPECT_EQ(times.min_ms(), 0);
  EXPECT_GT(times.max_ms(), 19 * 3600e3);
  EXPECT_EQ(times.percentile_ms(100), times.max_ms());
}

TEST(Arrivals, ConstantOnesDoNotDrift) {
  Arrivals arrivals(ArrivalKind::kConstant, 3, 0);
  for (int i = 0; i < 3000; ++i) arrivals.next();
  EXPECT_EQ(arrivals.next(), std::chrono::seconds(1000));
}

TEST(Arrivals, PoissonGapsHaveTheMeanAndTheDeviationOfAnExponential) {
  constexpr int kCount = 20000;
  constexpr double kRate = 100;
  Arrivals arrivals(ArrivalKind::kPoisson, kRate, 7);
  double last = 0, sum = 0, squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double now = std::chrono::duration<double>(arrivals.next()).count();
    ASSERT_GE(now, last);
    sum += now - last;
    squares += (now - last) * (now - last);
    last = now;
  }
  const double mean = sum / kCount;
  // Five standard errors: of the mean 1 / sqrt(n), of the deviation sqrt(2 / n).
  EXPECT_NEAR(mean * kRate, 1, 5 / std::sqrt(kCount));
  EXPECT_NEAR(std::sqrt(squares / kCount - mean * mean) * kRate, 1, 5 * std::sqrt(2.0 / kCount));
}

TEST(Arrivals, TheSameSeedGivesTheSameTimes) {
  Arrivals first(ArrivalKind::kPoisson, 5, 1), second(ArrivalKind::kPoisson, 5, 1),
      other(ArrivalKind::kPoisson, 5, 2);
  const auto time = first.next();
  EXPECT_EQ(time, second.next());
  EXPECT_NE(time, other.next());
}

TEST(Questions, AreBodiesWithAnAnswerInEveryContext) {
  const std::vector<std::string> bodies = built_in_questions();
  EXPECT_EQ(bodies.size(), 18U);
  std::vector<std::string> questions;
  for (const std::string& body : bodies) {
    const auto parsed = serve::parse_json(body);
    const auto* json = std::get_if<serve::Json>(&parsed);
    ASSERT_NE(json, nullptr) << body;
    questions.push_back(*json->find("question")->as_string());
    EXPECT_GT(json->find("context")->as_string()->size(), 100U);
  }
  std::ranges::sort(questions);
  EXPECT_EQ(std::ranges::adjacent_find(questions), questions.end());
}

TEST(LoadReport, TellsWhatHappened) {
  const LoadPlan plan{.url = parse_url("http://a/b"),
                      .open = OpenLoop{.rate = 2.5, .arrivals = ArrivalKind::kConstant}};
  LoadResult result;
  for (int i = 1; i <= 4; ++i) result.latency.add(std::chrono::milliseconds(i));
  result.requests = 6;
  result.answers = 4;
  result.errors = 1;
  result.unsent = 1;
  result.seconds = 2;
  result.statuses = {{200, 3}, {503, 1}};
  result.error_kinds = {{"connect: Connection refused", 1}};
  const std::string text = report_text(plan, result);
  for (const char* part :
       {"URL: GET http://a/b\n", "open loop, 2.5 requests/s, constant arrivals",
        "Requests: 6 (answers 4, errors 1, unsent 1)\n", "Throughput (answers/sec): 2.00\n",
        "Latency (ms): mean 2.500, p50 2.", "p99.99 4.000, max 4.000\n",
        "Send delay (ms): ", "Status 503: 1\n", "Error 'connect: Connection refused': 1\n"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(good_answers(result), 3U);
  const std::string json = serve::to_text(report_json(plan, result));
  for (const char* part :
       {R"("mode":"open")", R"("rate":2.5)", R"("statuses":{"200":3,"503":1})",
        R"("error_kinds":{"connect: Connection refused":1})", R"("99.9%":4.0)", R"("unsent":1)"})
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
}

}  // namespace
}  // namespace filigree::tools
