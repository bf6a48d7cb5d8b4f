#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <ostream>

#include "tools/cli/files.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/json.h"
#include "tools/commands/commands.h"
#include "tools/commands/squad_evaluation.h"

namespace filigree::tools {
namespace {

void save(const std::filesystem::path& file, const std::vector<Prediction>& predictions) {
  write_file(file, file.extension() == ".jsonl" ? predictions_json_lines(predictions)
                                                : predictions_json(predictions));
}

void print(const SquadScore& score, std::size_t questions, double seconds, std::ostream& out) {
  char text[160];
  std::snprintf(text, sizeof text,
                "exact match %.2f\nF1          %.2f\nquestions   %zu in %.1f s, %.1f/s\n",
                100 * score.exact_match, 100 * score.f1, questions, seconds,
                static_cast<double>(questions) / seconds);
  out << text;
}

ExitCode eval_squad(const Arguments& arguments, Console& console) {
  const std::string dataset = arguments.required("dataset");
  const auto limit = arguments.number("limit", 1, std::numeric_limits<std::size_t>::max());
  std::vector<SquadQuestion> questions = parse_squad(read_file(dataset), dataset);
  if (limit && *limit < questions.size()) questions.resize(*limit);
  QuestionAnsweringModel model(arguments);
  const Interrupt interrupt;
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Prediction> predictions = predict(
      model, questions, [&] { return interrupt.requested(); }, console);
  if (predictions.size() < questions.size()) return ExitCode::kInterrupted;
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  if (const auto file = arguments.text("predictions")) save(*file, predictions);
  const SquadScore score = mean_score(questions, predictions);
  if (arguments.has("json")) {
    console.out << serve::to_text(Json::object({{"exact_match", 100 * score.exact_match},
                                                {"f1", 100 * score.f1},
                                                {"questions", questions.size()},
                                                {"seconds", spent.count()},
                                                {"isa", kernels::isa_name(model.engine().isa())},
                                                {"cores", model.engine().cores()}}))
                << "\n";
  } else {
    print(score, questions.size(), std::max(spent.count(), 1e-9), console.out);
  }
  return ExitCode::kOk;
}

std::vector<Flag> flags() {
  std::vector<Flag> flags = question_answering_flags();
  flags.insert(
      flags.begin() + 1,
      {"dataset", "FILE", "SQuAD v1.1 JSON, or JSON lines {id, question, context, answers}"});
  flags.push_back({"limit", "N", "only the first N questions"});
  flags.push_back({"predictions", "OUT", "write the answers to OUT, .json by id or .jsonl"});
  flags.push_back({"json", "", "print JSON"});
  return flags;
}

}  // namespace

Command eval_squad_command() {
  return {.usage = {.command = "eval squad",
                    .summary = "Measures exact match and F1 of a model on question answering data.",
                    .operands = "",
                    .flags = flags(),
                    .example = "filigree eval squad --model_path DIR --dataset dev-v1.1.json"},
          .run = eval_squad};
}

}  // namespace filigree::tools
