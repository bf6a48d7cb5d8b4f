// `kwargs` and `bucketing` of an endpoint: the options of its task.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/config/fields.h"
#include "serve/config/scheduler_choice.h"
#include "serve/tasks/task_options.h"

namespace filigree::serve {

// Throws ConfigError; appends to `warnings` what is accepted without effect. bucketing lengths win
// over sequence_length as in DeepSparse; of several the largest is used, since shorter texts are
// never padded here.
TaskOptions task_options(TaskKind task, const Fields& endpoint, const std::string& file,
                         std::vector<std::string>& warnings);

struct KwargsOptions {
  TaskOptions options;
  std::optional<SchedulerRequest> scheduler;
};

// The same of kwargs alone, written as YAML or JSON; `name` stands for the file in messages.
KwargsOptions options_from_kwargs(TaskKind task, std::string_view kwargs, const std::string& name,
                                  std::vector<std::string>& warnings);

// What the files of the tasks build on.
struct KwargsText {
  const Fields& fields;
  const std::string& file;
  std::vector<std::string>& warnings;
};

// The keys of a task besides those of all tasks. Without effect are those that change no answer
// here; they are a warning.
struct KwargsKeys {
  std::span<const std::string_view> read;
  std::span<const std::string_view> without_effect;
};

// Refuses unknown keys and `config` and `tokenizer`, warns, and returns sequence_length.
std::optional<std::size_t> read_common_kwargs(const KwargsText& kwargs, const KwargsKeys& keys);

void read_kwargs(const KwargsText& kwargs, QuestionAnsweringOptions& options);
void read_kwargs(const KwargsText& kwargs, TextClassificationOptions& options);
void read_kwargs(const KwargsText& kwargs, TokenClassificationOptions& options);
void read_kwargs(const KwargsText& kwargs, ZeroShotOptions& options);
void read_kwargs(const KwargsText& kwargs, EmbeddingOptions& options);

}  // namespace filigree::serve
