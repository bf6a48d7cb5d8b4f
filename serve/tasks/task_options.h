// The options of any task, and the one way from options and the parts of a model to a task.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "serve/tasks/embedding.h"
#include "serve/tasks/question_answering.h"
#include "serve/tasks/task.h"
#include "serve/tasks/task_name.h"
#include "serve/tasks/text_classification.h"
#include "serve/tasks/token_classification.h"
#include "serve/tasks/zero_shot.h"

namespace filigree::serve {

// In the order of TaskKind.
using TaskOptions = std::variant<QuestionAnsweringOptions, TextClassificationOptions,
                                 TokenClassificationOptions, ZeroShotOptions, EmbeddingOptions>;

TaskKind task_of(const TaskOptions& options) noexcept;

// With DeepSparse's defaults.
TaskOptions default_options(TaskKind task);

// loader::LoadOptions::hidden_layer for the model of the task.
std::optional<std::int64_t> hidden_layer(const TaskOptions& options) noexcept;

// Throws std::runtime_error when the parts do not fit the task: what was found and expected.
ReadyTask make_task(const TaskParts& parts, const TaskOptions& options);

}  // namespace filigree::serve
