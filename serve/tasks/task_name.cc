#include "serve/tasks/task_name.h"

#include <algorithm>
#include <cctype>

#include "serve/tasks/foreign_task.h"

namespace filigree::serve {
namespace {

struct Spelling {
  TaskKind kind;
  std::string_view name;
};

// The first of a kind is the task's own name.
constexpr Spelling kTasks[] = {
    {TaskKind::kQuestionAnswering, "question_answering"},
    {TaskKind::kQuestionAnswering, "qa"},
    {TaskKind::kTextClassification, "text_classification"},
    {TaskKind::kTextClassification, "glue"},
    {TaskKind::kTextClassification, "sentiment_analysis"},
    {TaskKind::kTokenClassification, "token_classification"},
    {TaskKind::kTokenClassification, "ner"},
    {TaskKind::kZeroShotTextClassification, "zero_shot_text_classification"},
    {TaskKind::kEmbeddingExtraction, "transformers_embedding_extraction"},
    {TaskKind::kEmbeddingExtraction, "embedding_extraction"}};

std::string canonical(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool separator = c == '-' || c == '_' || c == ' ';
    if (!separator) text.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  return text;
}

bool same_name(std::string_view left, std::string_view right) {
  return canonical(left) == canonical(right);
}

}  // namespace

std::string_view task_name(TaskKind task) noexcept {
  return std::ranges::find(kTasks, task, &Spelling::kind)->name;
}

std::string task_names() {
  std::string text;
  std::string aliases;
  for (std::size_t i = 0; i < std::size(kTasks); ++i) {
    if (kTasks[i].name != task_name(kTasks[i].kind)) {
      aliases.append(aliases.empty() ? " (" : ", ").append(kTasks[i].name);
      continue;
    }
    text.append(aliases.empty() ? "" : aliases + ")").append(i == 0 ? "" : ", ");
    text.append(kTasks[i].name);
    aliases.clear();
  }
  return text.append(aliases.empty() ? "" : aliases + ")");
}

std::variant<TaskKind, std::string> parse_task(std::string_view name) {
  for (const Spelling& task : kTasks)
    if (same_name(name, task.name)) return task.kind;
  const std::string quoted = "task '" + std::string(name) + "'";
  const std::string known = "; supported: " + task_names();
  if (const auto reason = foreign_task(canonical(name))) return quoted + " " + *reason + known;
  return quoted + " is unknown" + known;
}

}  // namespace filigree::serve
