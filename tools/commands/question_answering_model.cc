#include "tools/commands/question_answering_model.h"

#include "tools/cli/errors.h"
#include "tools/commands/cache_flags.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/model_argument.h"

namespace filigree::tools {

std::vector<Flag> question_answering_flags() {
  std::vector<Flag> flags = {
      {"model-path", "DIR",
       "folder with model.onnx or model.filigree and tokenizer.json, such a file in one, or a "
       "zoo: or hf: name"},
      {"num-cores", "N", "cores to compute on (default: what the process may use)"},
      isa_flag(),
      {"sequence-length", "N", "tokens of a window (128)"},
      {"doc-stride", "N", "tokens that consecutive windows share (64)"},
      {"max-answer-length", "N", "most tokens of an answer (15)"},
      {"n-best-size", "N", "starts and ends that are combined (20)"}};
  add_cache_flags(flags);
  return flags;
}

serve::QuestionAnsweringOptions question_answering_options(
    const Arguments& arguments, serve::QuestionAnsweringOptions options) {
  const auto take = [&](const char* flag, std::size_t least, std::size_t& value) {
    value = arguments.number(flag, least, kMostTokens).value_or(value);
  };
  take("sequence-length", 1, options.sequence_length);
  take("doc-stride", 0, options.doc_stride);
  take("max-answer-length", 1, options.max_answer_length);
  take("n-best-size", 1, options.n_best_size);
  return options;
}

QuestionAnsweringModel::QuestionAnsweringModel(const Arguments& arguments)
    : QuestionAnsweringModel(model_argument(arguments.required("model-path")),
                             question_answering_options(arguments), engine_options(arguments),
                             load_options(arguments)) {}

QuestionAnsweringModel::QuestionAnsweringModel(const std::filesystem::path& model,
                                               const serve::QuestionAnsweringOptions& options,
                                               const runtime::EngineOptions& engine,
                                               const loader::LoadOptions& loading)
    : model_(loader::load_model(model, loading)),
      pipeline_(
          std::make_shared<const serve::QuestionAnswering>(tokenizer_of(model), *model_, options)),
      engine_(engine) {}

}  // namespace filigree::tools
