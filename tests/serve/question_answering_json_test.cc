#include <gtest/gtest.h>

#include "serve/tasks/question_answering.h"

namespace filigree::serve {
namespace {

std::vector<FieldError> errors_of(std::string_view text) {
  const auto read = question_from_json(std::get<Json>(parse_json(text)));
  const auto* errors = std::get_if<std::vector<FieldError>>(&read);
  return errors != nullptr ? *errors : std::vector<FieldError>{};
}

TEST(QuestionFromJson, ReadsBothTextsAndIgnoresOtherMembers) {
  const auto read = question_from_json(
      std::get<Json>(parse_json(R"({"id":7,"context":"c","question":"q","x":[]})")));
  EXPECT_EQ(std::get<Question>(read).question, "q");
  EXPECT_EQ(std::get<Question>(read).context, "c");
}

TEST(QuestionFromJson, NamesEveryMissingField) {
  const auto errors = errors_of("{}");
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].location, std::vector<FieldStep>{"question"});
  EXPECT_EQ(errors[1].location, std::vector<FieldStep>{"context"});
  EXPECT_EQ(errors[1].message, "field required");
  EXPECT_EQ(errors[1].type, "value_error.missing");
}

TEST(QuestionFromJson, NamesTheTypeThatWasFound) {
  const auto errors = errors_of(R"({"question":["q"],"context":"c"})");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].message, "str type expected, found array");
  EXPECT_EQ(errors[0].type, "type_error.str");
}

TEST(QuestionFromJson, WantsAnObject) {
  const auto errors = errors_of("[]");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_TRUE(errors[0].location.empty());
}

TEST(AnswerToJson, HasTheFourMembersOfDeepSparse) {
  EXPECT_EQ(to_text(to_json(Answer{8.1F, "in \"Oslo\"", 3, 12, ""})),
            R"({"score":8.1,"answer":"in \"Oslo\"","start":3,"end":12})");
}

TEST(AnswerToJson, HasAWarningOnlyWhenThereIsOne) {
  EXPECT_EQ(to_text(to_json(Answer{0, "", 0, 0, "cut"})),
            R"({"score":0.0,"answer":"","start":0,"end":0,"warning":"cut"})");
}

}  // namespace
}  // namespace filigree::serve
