#include "serve/tasks/task_options.h"

namespace filigree::serve {
namespace {

template <TaskKind kind, class Options>
constexpr bool kIsAt =
    std::is_same_v<std::variant_alternative_t<static_cast<std::size_t>(kind), TaskOptions>,
                   Options>;
static_assert(kIsAt<TaskKind::kQuestionAnswering, QuestionAnsweringOptions>);
static_assert(kIsAt<TaskKind::kTextClassification, TextClassificationOptions>);
static_assert(kIsAt<TaskKind::kTokenClassification, TokenClassificationOptions>);
static_assert(kIsAt<TaskKind::kZeroShotTextClassification, ZeroShotOptions>);
static_assert(kIsAt<TaskKind::kEmbeddingExtraction, EmbeddingOptions>);

}  // namespace

TaskKind task_of(const TaskOptions& options) noexcept {
  return static_cast<TaskKind>(options.index());
}

TaskOptions default_options(TaskKind task) {
  switch (task) {
    case TaskKind::kQuestionAnswering:
      break;
    case TaskKind::kTextClassification:
      return TextClassificationOptions{};
    case TaskKind::kTokenClassification:
      return TokenClassificationOptions{};
    case TaskKind::kZeroShotTextClassification:
      return ZeroShotOptions{};
    case TaskKind::kEmbeddingExtraction:
      return EmbeddingOptions{};
  }
  return QuestionAnsweringOptions{};
}

std::optional<std::int64_t> hidden_layer(const TaskOptions& options) noexcept {
  const auto* embedding = std::get_if<EmbeddingOptions>(&options);
  return embedding == nullptr ? std::nullopt : embedding->layer;
}

ReadyTask make_task(const TaskParts& parts, const TaskOptions& options) {
  return std::visit([&](const auto& chosen) { return ready_task(parts, chosen); }, options);
}

}  // namespace filigree::serve
