#include "serve/config/question_answering_kwargs.h"

#include <algorithm>
#include <string_view>

namespace filigree::serve {
namespace {

constexpr std::string_view kKnown[] = {"sequence_length",
                                       "doc_stride",
                                       "max_question_length",
                                       "max_answer_length",
                                       "n_best_size",
                                       "num_spans",
                                       "output_dir",
                                       "pad_to_max_length",
                                       "version_2_with_negative",
                                       "engine_type",
                                       "batch_size",
                                       "num_cores",
                                       "num_streams",
                                       "scheduler",
                                       "input_shapes",
                                       "alias",
                                       "executor",
                                       "trust_remote_code",
                                       "config",
                                       "tokenizer"};

// Settings of DeepSparse's engine and padding that change no answer.
constexpr std::string_view kWithoutEffect[] = {
    "max_question_length", "pad_to_max_length", "engine_type",  "batch_size", "num_cores",
    "num_streams",         "scheduler",         "input_shapes", "alias",      "executor",
    "trust_remote_code"};

void read_kwargs(const Fields& kwargs, const std::string& file, QuestionAnsweringOptions& options,
                 std::vector<std::string>& warnings) {
  kwargs.allow(kKnown);
  for (const std::string_view key : {"config", "tokenizer"})
    if (kwargs.find(key) != nullptr)
      kwargs.fail(kwargs.line_of(key),
                  quoted(key) + " is not supported: both are read from the model's folder");
  if (kwargs.find("output_dir") != nullptr)
    kwargs.fail(kwargs.line_of("output_dir"),
                "'output_dir' is not supported: no files are written");
  for (const std::string_view key : kWithoutEffect)
    if (kwargs.find(key) != nullptr)
      warnings.push_back(file + ":" + std::to_string(kwargs.line_of(key)) + ": '" +
                         std::string(key) + "' has no effect");
  options.sequence_length =
      kwargs.largest_count("sequence_length", 1).value_or(options.sequence_length);
  options.doc_stride = kwargs.count("doc_stride", 0).value_or(options.doc_stride);
  options.max_answer_length =
      kwargs.count("max_answer_length", 1).value_or(options.max_answer_length);
  options.n_best_size = kwargs.count("n_best_size", 1).value_or(options.n_best_size);
  options.version_2_with_negative =
      kwargs.boolean("version_2_with_negative").value_or(options.version_2_with_negative);
  options.num_spans = kwargs.count("num_spans", 1);
}

}  // namespace

QuestionAnsweringOptions question_answering_options(const Fields& endpoint, const std::string& file,
                                                    std::vector<std::string>& warnings) {
  QuestionAnsweringOptions options;
  if (const YamlNode* kwargs = endpoint.find("kwargs"))
    read_kwargs(Fields(*kwargs, "kwargs", file), file, options, warnings);
  if (const YamlNode* bucketing = endpoint.find("bucketing")) {
    const Fields buckets(*bucketing, "bucketing", file);
    constexpr std::string_view kKeys[] = {"sequence_lengths"};
    buckets.allow(kKeys);
    buckets.required("sequence_lengths");
    options.sequence_length = *buckets.largest_count("sequence_lengths", 1);
  }
  return options;
}

}  // namespace filigree::serve
