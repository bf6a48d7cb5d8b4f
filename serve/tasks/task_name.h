// Names of tasks, as DeepSparse spells them.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace filigree::serve {

enum class TaskKind { kQuestionAnswering };

// "question_answering".
std::string_view task_name(TaskKind task) noexcept;

// Case, '-', '_' and spaces make no difference; "qa" is question_answering. Otherwise the reason: a
// task of DeepSparse that is not supported yet, or an unknown one.
std::variant<TaskKind, std::string> parse_task(std::string_view name);

}  // namespace filigree::serve
