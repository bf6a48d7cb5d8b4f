#include "serve/tasks/task_name.h"

#include <gtest/gtest.h>

namespace filigree::serve {
namespace {

TEST(TaskName, HasAliasesWithoutRegardToCaseAndSeparators) {
  for (const std::string_view name :
       {"question_answering", "question-answering", "Question Answering", "QA", "qa"})
    EXPECT_TRUE(std::holds_alternative<TaskKind>(parse_task(name))) << name;
}

TEST(TaskName, TellsTasksThatAreNotSupportedYetFromUnknownOnes) {
  EXPECT_EQ(std::get<std::string>(parse_task("text-classification")),
            "task 'text-classification' is not supported yet; supported: question_answering (qa)");
  EXPECT_EQ(std::get<std::string>(parse_task("qaa")),
            "task 'qaa' is unknown; supported: question_answering (qa)");
}

TEST(TaskName, RefusesPython) {
  for (const std::string_view name : {"import:my_task.py", "custom", "custom_thing"})
    EXPECT_NE(std::get<std::string>(parse_task(name)).find("Python"), std::string::npos) << name;
}

}  // namespace
}  // namespace filigree::serve
