#include "serve/tasks/task_name.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace filigree::serve {
namespace {

constexpr std::string_view kUnsupported[] = {"custom",
                                             "text_classification",
                                             "glue",
                                             "sentiment_analysis",
                                             "token_classification",
                                             "ner",
                                             "zero_shot_text_classification",
                                             "transformers_embedding_extraction",
                                             "image_classification",
                                             "yolo",
                                             "yolov8",
                                             "yolact",
                                             "information_retrieval_haystack",
                                             "haystack",
                                             "embedding_extraction",
                                             "open_pif_paf",
                                             "text_generation",
                                             "opt",
                                             "bloom",
                                             "chatbot",
                                             "chat",
                                             "code_generation",
                                             "codegen"};

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
  switch (task) {
    case TaskKind::kQuestionAnswering:
      return "question_answering";
  }
  return "";
}

std::variant<TaskKind, std::string> parse_task(std::string_view name) {
  if (same_name(name, "question_answering") || same_name(name, "qa"))
    return TaskKind::kQuestionAnswering;
  const std::string quoted = "task '" + std::string(name) + "'";
  const std::string known = "; supported: question_answering (qa)";
  if (name.starts_with("import:") || canonical(name).starts_with("custom"))
    return quoted + " runs Python code, which filigree never does" + known;
  if (std::ranges::any_of(kUnsupported, [&](auto other) { return same_name(name, other); }))
    return quoted + " is not supported yet" + known;
  return quoted + " is unknown" + known;
}

}  // namespace filigree::serve
