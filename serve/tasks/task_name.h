// Names of tasks, as DeepSparse spells them.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace filigree::serve {

enum class TaskKind {
  kQuestionAnswering,
  kTextClassification,
  kTokenClassification,
  kZeroShotTextClassification,
  kEmbeddingExtraction
};

// "question_answering".
std::string_view task_name(TaskKind task) noexcept;

// "question_answering (qa), text_classification (glue, sentiment_analysis), ...".
std::string task_names();

// Case, '-', '_' and spaces make no difference, and aliases are understood: "qa" is
// question_answering. Otherwise the reason: a task of DeepSparse that will never be served, with
// the alternative, or an unknown one.
std::variant<TaskKind, std::string> parse_task(std::string_view name);

}  // namespace filigree::serve
