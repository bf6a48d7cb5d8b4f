#include "serve/http/request_timeout.h"

#include <gtest/gtest.h>

namespace filigree::serve {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

using Result = std::variant<RequestTimeout, std::vector<FieldError>>;

Result timeout_of(const std::string& body, const std::optional<std::string>& header = std::nullopt,
                  milliseconds fallback = milliseconds(0)) {
  HttpRequest request;
  if (header) request.headers = {{"X-Request-Timeout-Ms", *header}};
  return request_timeout(request, std::get<Json>(parse_json(body)), fallback);
}

RequestTimeout good(const Result& result) {
  return std::holds_alternative<RequestTimeout>(result) ? std::get<RequestTimeout>(result)
                                                        : microseconds(-1);
}

TEST(RequestTimeout, IsReadFromBodyParametersAndHeader) {
  EXPECT_EQ(good(timeout_of("{}")), std::nullopt);
  EXPECT_EQ(good(timeout_of(R"({"timeout_ms": 7})")), milliseconds(7));
  EXPECT_EQ(good(timeout_of(R"({"parameters": {"timeout_ms": 8}})")), milliseconds(8));
  EXPECT_EQ(good(timeout_of(R"({"parameters": {"timeout": 9}})")), microseconds(9));
  EXPECT_EQ(good(timeout_of("[]", "10")), milliseconds(10));
  // The same number in JSON.
  EXPECT_EQ(good(timeout_of(R"({"timeout_ms": 7.0})")), milliseconds(7));
  EXPECT_EQ(good(timeout_of(R"({"parameters": {"timeout": 86400000000.0}})")),
            microseconds(86400000000));
}

TEST(RequestTimeout, IsTheShortestOfThem) {
  EXPECT_EQ(good(timeout_of(R"({"timeout_ms": 7, "parameters": {"timeout": 6999}})", "8")),
            microseconds(6999));
  EXPECT_EQ(good(timeout_of(R"({"timeout_ms": 0})", "8")), milliseconds(8));
}

TEST(RequestTimeout, IsThatOfTheServerOnlyWhenTheRequestSaysNone) {
  EXPECT_EQ(good(timeout_of(R"({"timeout_ms": null})", std::nullopt, milliseconds(5))),
            milliseconds(5));
  EXPECT_EQ(good(timeout_of(R"({"timeout_ms": 6})", std::nullopt, milliseconds(5))),
            milliseconds(6));
  EXPECT_EQ(good(timeout_of(R"({"timeout_ms": 0})", std::nullopt, milliseconds(5))), std::nullopt);
}

std::string only_error(const Result& result) {
  const auto* errors = std::get_if<std::vector<FieldError>>(&result);
  if (errors == nullptr || errors->size() != 1) return "not one error";
  std::string text;
  for (const FieldStep& step : errors->front().location) text += std::get<std::string>(step) + ".";
  return text + " " + errors->front().message;
}

TEST(RequestTimeout, NamesWhatIsNoNumber) {
  EXPECT_EQ(only_error(timeout_of(R"({"timeout_ms": "1"})")),
            "timeout_ms. is \"1\", expected a whole number of milliseconds from 0 to 86400000");
  EXPECT_EQ(only_error(timeout_of(R"({"timeout_ms": -1})")),
            "timeout_ms. is -1, expected a whole number of milliseconds from 0 to 86400000");
  EXPECT_EQ(only_error(timeout_of(R"({"parameters": {"timeout": 86400000001}})")),
            "parameters.timeout. is 86400000001, expected a whole number of microseconds from 0 to "
            "86400000000");
  EXPECT_EQ(only_error(timeout_of("{}", "1s")),
            "header.x-request-timeout-ms. is 1s, expected a whole number of milliseconds from 0 to "
            "86400000");
  EXPECT_EQ(
      only_error(timeout_of("{}", "")).find("header.x-request-timeout-ms. is empty, expected"), 0U);
  EXPECT_EQ(only_error(timeout_of(R"({"timeout_ms": 86400001})")).find("timeout_ms. is 86400001"),
            0U);
}

}  // namespace
}  // namespace filigree::serve
