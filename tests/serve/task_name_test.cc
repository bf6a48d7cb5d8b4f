#include "serve/tasks/task_name.h"

#include <gtest/gtest.h>

#include "serve/tasks/task_options.h"

namespace filigree::serve {
namespace {

void expect_task(std::string_view name, TaskKind kind) {
  const auto parsed = parse_task(name);
  ASSERT_TRUE(std::holds_alternative<TaskKind>(parsed)) << std::get<std::string>(parsed);
  EXPECT_EQ(std::get<TaskKind>(parsed), kind) << name;
  EXPECT_EQ(task_of(default_options(kind)), kind) << name;
}

TEST(TaskName, HasAliasesWithoutRegardToCaseAndSeparators) {
  for (const std::string_view name :
       {"question_answering", "question-answering", "Question Answering", "QA", "qa"})
    expect_task(name, TaskKind::kQuestionAnswering);
  for (const std::string_view name : {"text_classification", "Text-Classification", "glue", "GLUE",
                                      "sentiment_analysis", "sentiment-analysis"})
    expect_task(name, TaskKind::kTextClassification);
  for (const std::string_view name : {"token_classification", "NER"})
    expect_task(name, TaskKind::kTokenClassification);
  for (const std::string_view name :
       {"zero_shot_text_classification", "zero-shot-text-classification"})
    expect_task(name, TaskKind::kZeroShotTextClassification);
  for (const std::string_view name : {"transformers_embedding_extraction", "Embedding-Extraction"})
    expect_task(name, TaskKind::kEmbeddingExtraction);
}

TEST(TaskName, ListsTheTasksBesideAnUnknownOne) {
  const std::string known = "; supported: " + task_names();
  EXPECT_EQ(std::get<std::string>(parse_task("qaa")), "task 'qaa' is unknown" + known);
}

TEST(TaskName, ListsEveryTaskWithItsAliases) {
  EXPECT_EQ(task_names().find("question_answering (qa), text_classification (glue, "
                              "sentiment_analysis)"),
            0U)
      << task_names();
}

TEST(TaskName, NamesAnAlternativeToWhatIsNeverServed) {
  for (const auto& [name, alternative] : {std::pair{"import:my_task.py", "in the client"},
                                          {"custom", "in the client"},
                                          {"yolov8", "OpenVINO Model Server"},
                                          {"Image Classification", "ONNX Runtime"},
                                          {"text-generation", "llama.cpp"},
                                          {"codegen", "vLLM"},
                                          {"information_retrieval_haystack", "embeddings"}}) {
    const std::string reason = std::get<std::string>(parse_task(name));
    EXPECT_NE(reason.find(alternative), std::string::npos) << reason;
    EXPECT_NE(reason.find("; supported: question_answering"), std::string::npos) << reason;
  }
}

TEST(TaskName, RefusesPython) {
  for (const std::string_view name : {"import:my_task.py", "custom", "custom_thing"})
    EXPECT_NE(std::get<std::string>(parse_task(name)).find("Python"), std::string::npos) << name;
}

}  // namespace
}  // namespace filigree::serve
