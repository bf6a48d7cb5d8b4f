#include "serve/json.h"

#include <gtest/gtest.h>

#include <limits>

#include "serve/excerpt.h"

namespace filigree::serve {
namespace {

JsonError error_of(std::string_view text) {
  const auto parsed = parse_json(text);
  const auto* error = std::get_if<JsonError>(&parsed);
  return error != nullptr ? *error : JsonError{.message = "no error"};
}

Json value_of(std::string_view text) { return std::get<Json>(parse_json(text)); }

TEST(Excerpt, IsTheTextOrItsFirstWholeCodePoints) {
  EXPECT_EQ(excerpt("abc", 3), "abc");
  EXPECT_EQ(excerpt("abcd", 3), "abc...");
  EXPECT_EQ(excerpt("a\xC3\xA9z", 2), "a...");
  EXPECT_EQ(excerpt("a\xC3\xA9z", 3), "a\xC3\xA9...");
  EXPECT_EQ(excerpt(std::string(200, 'x')), std::string(120, 'x') + "...");
  EXPECT_EQ(excerpt("\x80\x80\x80", 2), "...");
}

TEST(Json, WritesWhatItRead) {
  const std::string text =
      R"({"a":[1,-2,3.5,true,false,null,"x"],"b":{"c":[]},"d":{},"e":9223372036854775807})";
  EXPECT_EQ(to_text(value_of(text)), text);
}

TEST(Json, KeepsTheOrderOfMembersAndFindsTheLastDuplicate) {
  const Json value = value_of(R"({"b":1,"a":2,"b":3})");
  EXPECT_EQ(to_text(value), R"({"b":1,"a":2,"b":3})");
  EXPECT_EQ(*value.find("b")->as_integer(), 3);
  EXPECT_EQ(value.find("c"), nullptr);
}

TEST(Json, NamesTheByteOfInvalidUtf8) {
  const JsonError error = error_of("{\"a\": \"bc\xff\"}");
  EXPECT_EQ(error.message, "invalid UTF-8");
  EXPECT_EQ(error.offset, 9U);
}

TEST(Json, CountsLinesAndCodePointsUpToAnError) {
  EXPECT_EQ(place_of(error_of("x")), "at byte 0 (line 1, column 1)");
  EXPECT_EQ(place_of(error_of("{\"a\": 1")), "at byte 7 (line 1, column 8)");
  EXPECT_EQ(place_of(error_of("{\n  \"\xc3\xa9\xe2\x82\xac\": x}")),
            "at byte 13 (line 2, column 9)");
  EXPECT_EQ(place_of(error_of("[\r\n\n")), "at byte 4 (line 3, column 1)");
}

TEST(Json, RejectsUtf8OfASurrogateAndOfOverlongForms) {
  EXPECT_EQ(error_of("\"\xed\xa0\x80\"").message, "invalid UTF-8");
  EXPECT_EQ(error_of("\"\xc0\x80\"").message, "invalid UTF-8");
}

TEST(Json, RejectsHalfOfASurrogatePair) {
  EXPECT_EQ(error_of(R"("\ud800")").message, "escape is one half of a surrogate pair");
  EXPECT_EQ(*value_of(R"("\ud83d\ude00")").as_string(), "\xf0\x9f\x98\x80");
}

TEST(Json, RejectsWhatFollowsTheValueAndWhatIsCutOff) {
  EXPECT_EQ(error_of("{} x").offset, 3U);
  EXPECT_NE(error_of("").message, "no error");
  EXPECT_NE(error_of("{\"a\":").message, "no error");
  EXPECT_NE(error_of("[1,]").message, "no error");
  EXPECT_NE(error_of("NaN").message, "no error");
}

TEST(Json, RejectsNestingBeyondTheLimitWithoutRecursion) {
  EXPECT_EQ(error_of(std::string(1'000'000, '[')).message, "nested deeper than 64 levels");
  EXPECT_EQ(error_of(std::string(64, '[') + std::string(64, ']')).message, "no error");
}

TEST(Json, WritesDoublesAsTheShortestTextThatReadsAsTheSame) {
  // Of the first RapidJSON makes 0.7309013600000001.
  for (const char* text : {"0.73090136", "8.0", "-0.0", "0.1", "1e-07", "1e+300", "-2.5e-310",
                           "1.7976931348623157e+308", "123456.789"}) {
    const auto parsed = parse_json(text);
    EXPECT_EQ(to_text(std::get<Json>(parsed)), text);
  }
}

TEST(Json, NeverWritesNumbersThatJsonLacks) {
  const Json value = Json::array({std::numeric_limits<double>::quiet_NaN(),
                                  std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity()});
  EXPECT_EQ(to_text(value), "[null,null,null]");
}

TEST(Json, WritesIllFormedTextAsReplacementCharacters) {
  EXPECT_EQ(to_text(Json("a\xff"
                         "b")),
            "\"a\xef\xbf\xbd"
            "b\"");
  EXPECT_EQ(to_text(Json::object({{"\xfe", 1}})), "{\"\xef\xbf\xbd\":1}");
}

TEST(Json, EscapesQuotesBackslashesAndControlCharacters) {
  EXPECT_EQ(to_text(Json("\"\\\n\x01")), R"("\"\\\n\u0001")");
}

TEST(Json, KeepsZeroBytesInsideStrings) {
  const Json value = value_of(R"("a\u0000b")");
  EXPECT_EQ(value.as_string()->size(), 3U);
  EXPECT_EQ(to_text(value), R"("a\u0000b")");
}

TEST(Json, NamesItsType) {
  EXPECT_EQ(value_of("1").type_name(), "number");
  EXPECT_EQ(value_of("1.5").type_name(), "number");
  EXPECT_EQ(value_of("null").type_name(), "null");
  EXPECT_EQ(value_of("[]").type_name(), "array");
  EXPECT_EQ(value_of("{}").type_name(), "object");
}

}  // namespace
}  // namespace filigree::serve
