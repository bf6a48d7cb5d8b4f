#include "serve/http/errors.h"

#include <gtest/gtest.h>

namespace filigree::serve {
namespace {

TEST(Errors, HaveTheStatusOfTheTable) {
  EXPECT_EQ(http_status(HttpError::kBadRequest), 400);
  EXPECT_EQ(http_status(HttpError::kUnauthorized), 401);
  EXPECT_EQ(http_status(HttpError::kForbidden), 403);
  EXPECT_EQ(http_status(HttpError::kNotFound), 404);
  EXPECT_EQ(http_status(HttpError::kMethodNotAllowed), 405);
  EXPECT_EQ(http_status(HttpError::kRequestTimeout), 408);
  EXPECT_EQ(http_status(HttpError::kConflict), 409);
  EXPECT_EQ(http_status(HttpError::kBodyTooLarge), 413);
  EXPECT_EQ(http_status(HttpError::kExpectationFailed), 417);
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

TEST(Errors, CutWhatClientsSent) {
  const std::string text(5000, 'x');
  EXPECT_EQ(error_response(HttpError::kConflict, text).body,
            "{\"error\":\"" + std::string(kMostMessageBytes, 'x') + "...\"}");
  const std::size_t index = 3;
  const FieldError error{{"inputs", index, text}, text, "t"};
  const Json body =
      std::get<Json>(parse_json(field_errors_response(std::vector<FieldError>(1000, error)).body));
  const Json::Array& errors = *body.find("detail")->as_array();
  ASSERT_EQ(errors.size(), kMostFieldErrors);
  EXPECT_EQ(errors[0].find("msg")->as_string()->size(), kMostMessageBytes + 3);
  EXPECT_EQ(errors[0].find("loc")->as_array()->at(3).as_string()->size(), 123U);
}

TEST(Errors, TellNothingAboutAnInternalError) {
  EXPECT_EQ(internal_error_response("id1").body,
            R"({"error":"internal error","request_id":"id1"})");
}

TEST(Errors, HaveTheShapeOfThePathsFamily) {
  const HttpResponse message = error_response(HttpError::kUnavailable, "wait");
  EXPECT_EQ(in_shape(message, ErrorShape::kError).body, R"({"error":"wait"})");
  EXPECT_EQ(in_shape(message, ErrorShape::kDetail).body, R"({"detail":"wait"})");
  EXPECT_EQ(in_shape(message, ErrorShape::kDetail).headers, message.headers);
  EXPECT_EQ(in_shape(message, ErrorShape::kBoth).body, R"({"error":"wait","detail":"wait"})");
  EXPECT_EQ(in_shape(internal_error_response("id1"), ErrorShape::kDetail).body,
            R"({"detail":"internal error","request_id":"id1"})");
  const HttpResponse fields =
      field_errors_response({{{"question"}, "required", "t"}, {{"context"}, "wrong", "t"}});
  EXPECT_EQ(in_shape(fields, ErrorShape::kDetail).body, fields.body);
  const Json both = std::get<Json>(parse_json(in_shape(fields, ErrorShape::kBoth).body));
  EXPECT_EQ(*both.find("error")->as_string(), "body.question: required; body.context: wrong");
  EXPECT_EQ(both.find("detail")->as_array()->size(), 2U);
}

TEST(Errors, ShapeNothingThatIsNoError) {
  HttpResponse answer;
  answer.body = R"({"error":"a member of an answer"})";
  EXPECT_EQ(in_shape(answer, ErrorShape::kDetail).body, answer.body);
  answer.status = http_status(HttpError::kUnavailable);
  answer.body = "false";
  EXPECT_EQ(in_shape(answer, ErrorShape::kDetail).body, "false");
}

}  // namespace
}  // namespace filigree::serve
