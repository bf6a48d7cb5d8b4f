#include "tools/commands/question_answering_model.h"

#include <filesystem>
#include <limits>

#include "tools/cli/errors.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/model_argument.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostTokens =
    1 << 20;  // far beyond any model; the task cuts to what the model has

std::shared_ptr<const tokenizer::Tokenizer> tokenizer_of(const fs::path& model) {
  const fs::path folder = fs::is_directory(model) ? model : model.parent_path();
  return std::make_shared<const tokenizer::Tokenizer>(
      tokenizer::Tokenizer::from_folder(folder.empty() ? "." : folder));
}

}  // namespace

std::vector<Flag> question_answering_flags() {
  return {
      {"model-path", "DIR",
       "folder with model.onnx and tokenizer.json, an .onnx file in one, or a zoo: or hf: name"},
      {"num-cores", "N", "cores to compute on (default: what the process may use)"},
      isa_flag(),
      {"sequence-length", "N", "tokens of a window (128)"},
      {"doc-stride", "N", "tokens that consecutive windows share (64)"},
      {"max-answer-length", "N", "most tokens of an answer (15)"},
      {"n-best-size", "N", "starts and ends that are combined (20)"}};
}

serve::QuestionAnsweringOptions question_answering_options(const Arguments& arguments) {
  serve::QuestionAnsweringOptions options;
  const auto take = [&](const char* flag, std::size_t least, std::size_t& value) {
    value = arguments.number(flag, least, kMostTokens).value_or(value);
  };
  take("sequence-length", 1, options.sequence_length);
  take("doc-stride", 0, options.doc_stride);
  take("max-answer-length", 1, options.max_answer_length);
  take("n-best-size", 1, options.n_best_size);
  return options;
}

runtime::EngineOptions engine_options(const Arguments& arguments) {
  runtime::EngineOptions options;
  options.cores = arguments.number("num-cores", 1, 4096).value_or(0);
  options.isa = chosen_isa(arguments).isa;
  return options;
}

QuestionAnsweringModel::QuestionAnsweringModel(const Arguments& arguments)
    : QuestionAnsweringModel(model_argument(arguments.required("model-path")),
                             question_answering_options(arguments), engine_options(arguments)) {}

QuestionAnsweringModel::QuestionAnsweringModel(const fs::path& model,
                                               const serve::QuestionAnsweringOptions& options,
                                               const runtime::EngineOptions& engine)
    : model_(loader::load_model(
          model, {.isa = engine.isa.value_or(kernels::supported_tables().back().isa)})),
      pipeline_(
          std::make_shared<const serve::QuestionAnswering>(tokenizer_of(model), *model_, options)),
      engine_(engine) {}

std::future<runtime::Response> QuestionAnsweringModel::submit(
    std::vector<runtime::Sequence> sequences) {
  auto promise = std::make_shared<std::promise<runtime::Response>>();
  std::future<runtime::Response> response = promise->get_future();
  runtime::Request request;
  request.model = model_;
  request.sequences = std::move(sequences);
  engine_.submit(std::move(request), [promise](runtime::Response answered) {
    promise->set_value(std::move(answered));
  });
  return response;
}

}  // namespace filigree::tools
