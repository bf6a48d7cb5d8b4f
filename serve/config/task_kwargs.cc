#include "serve/config/task_kwargs.h"

#include <algorithm>

namespace filigree::serve {
namespace {

// Settings of DeepSparse's engine that change no answer.
constexpr std::string_view kWithoutEffect[] = {"engine_type", "batch_size",       "num_cores",
                                               "num_streams", "input_shapes",     "alias",
                                               "executor",    "trust_remote_code"};

std::optional<std::size_t> bucketing_length(const Fields& endpoint, const std::string& file) {
  const YamlNode* bucketing = endpoint.find("bucketing");
  if (bucketing == nullptr) return std::nullopt;
  const Fields buckets(*bucketing, "bucketing", file);
  constexpr std::string_view kKeys[] = {"sequence_lengths"};
  buckets.allow(kKeys);
  buckets.required("sequence_lengths");
  return buckets.largest_count("sequence_lengths", 1);
}

}  // namespace

std::optional<std::size_t> read_common_kwargs(const KwargsText& kwargs, const KwargsKeys& keys) {
  std::vector<std::string_view> known = {"sequence_length", "config", "tokenizer", "scheduler"};
  for (const auto some :
       {keys.read, keys.without_effect, std::span<const std::string_view>(kWithoutEffect)})
    known.insert(known.end(), some.begin(), some.end());
  const Fields& fields = kwargs.fields;
  fields.allow(known);
  for (const std::string_view key : {"config", "tokenizer"})
    if (fields.find(key) != nullptr)
      fields.fail(fields.line_of(key),
                  quoted(key) + " is not supported: both are read from the model's folder");
  for (const auto some : {keys.without_effect, std::span<const std::string_view>(kWithoutEffect)})
    for (const std::string_view key : some)
      if (fields.find(key) != nullptr)
        kwargs.warnings.push_back(kwargs.file + ":" + std::to_string(fields.line_of(key)) + ": '" +
                                  std::string(key) + "' has no effect");
  return fields.largest_count("sequence_length", 1);
}

TaskOptions task_options(TaskKind task, const Fields& endpoint, const std::string& file,
                         std::vector<std::string>& warnings) {
  TaskOptions options = default_options(task);
  std::visit(
      [&](auto& chosen) {
        if (const YamlNode* kwargs = endpoint.find("kwargs")) {
          const Fields fields(*kwargs, "kwargs", file);
          read_kwargs({fields, file, warnings}, chosen);
        }
        chosen.sequence_length = bucketing_length(endpoint, file).value_or(chosen.sequence_length);
      },
      options);
  return options;
}

KwargsOptions options_from_kwargs(TaskKind task, std::string_view kwargs, const std::string& name,
                                  std::vector<std::string>& warnings) {
  const YamlNode node = parse_yaml(kwargs, name);
  const Fields fields(node, "the value", name);
  KwargsOptions result{default_options(task), scheduler_of(fields, name)};
  std::visit([&](auto& chosen) { read_kwargs({fields, name, warnings}, chosen); }, result.options);
  return result;
}

}  // namespace filigree::serve
