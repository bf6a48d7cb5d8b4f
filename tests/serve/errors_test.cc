#include "serve/http/errors.h"

#include <gtest/gtest.h>

namespace filigree::serve {
namespace {

TEST(Errors, HaveTheStatusOfTheTable) {
  EXPECT_EQ(http_status(HttpError::kBadRequest), 400);
  EXPECT_EQ(http_status(HttpError::kNotFound), 404);
  EXPECT_EQ(http_status(HttpError::kMethodNotAllowed), 405);
  EXPECT_EQ(http_status(HttpError::kBodyTooLarge), 413);
  EXPECT_EQ(http_status(HttpError::kInvalidFields), 422);
  EXPECT_EQ(http_status(HttpError::kTooManyRequests), 429);
  EXPECT_EQ(http_status(HttpError::kHeaderTooLarge), 431);
  EXPECT_EQ(http_status(HttpError::kClientGone), 499);
  EXPECT_EQ(http_status(HttpError::kInternal), 500);
  EXPECT_EQ(http_status(HttpError::kUnavailable), 503);
  EXPECT_EQ(http_status(HttpError::kTimeout), 504);
}

TEST(Errors, AskToTryAgainOnlyWhenThatHelps) {
  EXPECT_EQ(error_response(HttpError::kTooManyRequests, "x").headers.at(0).first, "retry-after");
  EXPECT_EQ(error_response(HttpError::kUnavailable, "x").headers.at(0).first, "retry-after");
  EXPECT_TRUE(error_response(HttpError::kBadRequest, "x").headers.empty());
}

TEST(Errors, QuoteTheMessage) {
  EXPECT_EQ(error_response(HttpError::kBadRequest, "a \"b\"").body, R"({"error":"a \"b\""})");
}

TEST(Errors, NameFieldsInTheShapeOfFastApi) {
  EXPECT_EQ(field_errors_response({{{"question"}, "field required", "value_error.missing"}}).body,
            R"({"detail":[{"loc":["body","question"],"msg":"field required",)"
            R"("type":"value_error.missing"}]})");
}

TEST(Errors, TellNothingAboutAnInternalError) {
  EXPECT_EQ(internal_error_response("id1").body,
            R"({"error":"internal error","request_id":"id1"})");
}

}  // namespace
}  // namespace filigree::serve
