#include "serve/config/task_kwargs.h"

namespace filigree::serve {

void read_kwargs(const KwargsText& kwargs, QuestionAnsweringOptions& options) {
  constexpr std::string_view kRead[] = {"doc_stride",  "max_answer_length",
                                        "n_best_size", "num_spans",
                                        "output_dir",  "version_2_with_negative"};
  constexpr std::string_view kWithoutEffect[] = {"max_question_length", "pad_to_max_length"};
  const Fields& fields = kwargs.fields;
  options.sequence_length =
      read_common_kwargs(kwargs, {kRead, kWithoutEffect}).value_or(options.sequence_length);
  if (fields.find("output_dir") != nullptr)
    fields.fail(fields.line_of("output_dir"),
                "'output_dir' is not supported: no files are written");
  options.doc_stride = fields.count("doc_stride", 0).value_or(options.doc_stride);
  options.max_answer_length =
      fields.count("max_answer_length", 1).value_or(options.max_answer_length);
  options.n_best_size = fields.count("n_best_size", 1).value_or(options.n_best_size);
  options.version_2_with_negative =
      fields.boolean("version_2_with_negative").value_or(options.version_2_with_negative);
  options.num_spans = fields.count("num_spans", 1);
}

}  // namespace filigree::serve
