#include "tools/commands/compression.h"

#include <cstdio>
#include <limits>
#include <utility>

#include "tools/cli/errors.h"
#include "tools/cli/files.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/model_argument.h"
#include "tools/commands/squad_evaluation.h"
#include "tools/commands/task_model.h"
#include "tools/compress/calibration_text.h"

namespace filigree::tools {

namespace fs = std::filesystem;

std::vector<Flag> compression_flags() {
  return {
      {"model-path", "DIR", "folder with model.onnx and tokenizer.json, or an .onnx file in one"},
      {"output", "DIR2", "the folder to make"},
      {"calibration", "FILE",
       "text to look at: SQuAD v1.1 JSON, or JSON lines {question, context} or {text}"},
      {"calibration-samples", "N", "texts of that file, evenly spaced (128)"},
      {"sequence-length", "N", "tokens of a calibration text, and of a window of --dataset (128)"},
      {"dataset", "FILE",
       "question answering data (as for 'eval squad'): print exact match and F1 before and after"},
      {"limit", "N", "only the first N questions of --dataset"},
      {"num-cores", "N", "cores to compute on (default: what the process may use)"},
      isa_flag()};
}

ModelPath model_path(const Arguments& arguments) {
  const fs::path path = model_argument(arguments.required("model-path"));
  std::error_code ignored;  // reading the file says what is wrong
  if (fs::is_directory(path, ignored)) return {path, path / "model.onnx"};
  return {path.parent_path().empty() ? fs::path(".") : path.parent_path(), path};
}

std::vector<runtime::Sequence> calibration_of(const Arguments& arguments, const ModelPath& path,
                                              const loader::Model& model) {
  const std::string file = arguments.required("calibration");
  CalibrationOptions options;
  options.samples =
      arguments.number("calibration-samples", 1, kMostTokens).value_or(options.samples);
  options.tokens = arguments.number("sequence-length", 8, kMostTokens).value_or(options.tokens);
  const auto tokenizer = tokenizer::Tokenizer::from_folder(path.folder);
  return calibration_sequences(read_file(file), file, tokenizer, *model.encoder, options);
}

Accuracy::Accuracy(const Arguments& arguments) : arguments_(arguments) {
  const auto limit = arguments.number("limit", 1, std::numeric_limits<std::size_t>::max());
  const auto file = arguments.text("dataset");
  if (!file) {
    if (limit) throw UsageError("--limit needs --dataset");
    return;
  }
  questions_ = parse_squad(read_file(*file), *file);
  if (limit && *limit < questions_.size()) questions_.resize(*limit);
}

SquadScore Accuracy::measure(const fs::path& model, const Checkpoint& checkpoint,
                             Console& console) const {
  serve::QuestionAnsweringOptions options;
  options.sequence_length =
      arguments_.number("sequence-length", 8, kMostTokens).value_or(options.sequence_length);
  QuestionAnsweringModel answering(model, options, engine_options(arguments_),
                                   {.isa = chosen_isa(arguments_).isa});
  const auto predictions = predict(
      answering, questions_,
      [&] {
        checkpoint();
        return false;
      },
      console);
  return mean_score(questions_, predictions);
}

std::string accuracy_text(const std::optional<ScoreChange>& change, const Arguments& arguments,
                          std::size_t questions) {
  if (!change)
    return "accuracy was not measured: --dataset FILE prints exact match and F1 before and after";
  char text[160];
  std::snprintf(text, sizeof text, "exact match %.2f -> %.2f, F1 %.2f -> %.2f (%zu questions of ",
                100 * change->before.exact_match, 100 * change->after.exact_match,
                100 * change->before.f1, 100 * change->after.f1, questions);
  return text + arguments.required("dataset") + ")";
}

void write_model_folder(const OnnxSource& source, const loader::Graph& edited, const fs::path& to,
                        CardChange change) {
  const WireWriter bytes = source.edited(edited);
  write_file(to / "model.onnx", bytes.pieces());
  const fs::path from = source.file().parent_path();
  copy_model_files(from.empty() ? "." : from, to, source.external_files());
  change.size_bytes = bytes.size();
  update_cards(to, change);
}

}  // namespace filigree::tools
