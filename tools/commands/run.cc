#include <deque>
#include <ostream>

#include "serve/config/task_kwargs.h"
#include "tools/cli/json.h"
#include "tools/cli/json_lines.h"
#include "tools/commands/commands.h"
#include "tools/commands/question_answering_model.h"
#include "tools/commands/task_model.h"

namespace filigree::tools {
namespace {

// A line that waits for its turn to be answered.
struct PendingLine {
  std::size_t number = 0;
  std::string error;  // not empty: this is the answer
  serve::PreparedTask prepared;
  std::future<runtime::Response> response;
};

struct StepText {
  std::string operator()(const std::string& name) const { return name; }
  std::string operator()(std::size_t index) const { return std::to_string(index); }
};

std::string text_of(const std::vector<serve::FieldError>& errors) {
  std::string text;
  for (const serve::FieldError& error : errors) {
    std::string field;
    for (const serve::FieldStep& step : error.location)
      field.append(field.empty() ? "" : ".").append(std::visit(StepText{}, step));
    text += (text.empty() ? "" : "; ") + field + (field.empty() ? "" : ": ") + error.message;
  }
  return text;
}

class Answers {
 public:
  Answers(TaskModel& model, Console& console) : model_(model), console_(console) {}

  void add(const NumberedLine& line) {
    if (pending_.size() == kRequestsInFlight) write_first();
    PendingLine& pending = pending_.emplace_back();
    pending.number = line.number;
    try {
      auto prepared =
          model_.ready().task(json_of(line.text, "line " + std::to_string(line.number)));
      if (const auto* errors = std::get_if<std::vector<serve::FieldError>>(&prepared))
        throw InputError("line " + std::to_string(line.number) + ": " + text_of(*errors));
      pending.prepared = std::get<serve::PreparedTask>(std::move(prepared));
      pending.response = model_.submit(std::move(pending.prepared.sequences));
    } catch (const InputError& error) {
      pending.error = error.what();
    }
  }

  void write_all() {
    while (!pending_.empty()) write_first();
    console_.out.flush();
  }

  bool all_answered() const noexcept { return all_answered_; }

 private:
  void write_first() {
    PendingLine& first = pending_.front();
    if (first.error.empty()) {
      const runtime::Response response = first.response.get();
      if (response.status == runtime::Status::kOk) {
        console_.out << serve::to_text(first.prepared.finish(response.sequences)) << "\n";
      } else {
        first.error = "line " + std::to_string(first.number) + ": " + response.message;
      }
    }
    if (!first.error.empty()) {
      console_.out << error_line(first.number, first.error) << "\n";
      all_answered_ = false;
    }
    pending_.pop_front();
  }

  TaskModel& model_;
  Console& console_;
  std::deque<PendingLine> pending_;
  bool all_answered_ = true;
};

// The flags of single options are those of question answering, as `eval squad` has them.
void refuse_foreign_flags(const Arguments& arguments, const std::string& task) {
  for (const char* flag : {"doc-stride", "max-answer-length", "n-best-size"})
    if (arguments.has(flag))
      throw UsageError("flag '--" + std::string(flag) +
                       "' is one of question answering, the task is '" + task +
                       "'; --kwargs takes the options of every task");
}

serve::KwargsOptions options_of(const Arguments& arguments, std::vector<std::string>& warnings) {
  const std::string task = arguments.required("task");
  const auto kind = serve::parse_task(task);
  if (const auto* reason = std::get_if<std::string>(&kind)) throw UsageError(*reason);
  const auto kwargs = arguments.text("kwargs");
  serve::KwargsOptions result = serve::options_from_kwargs(
      std::get<serve::TaskKind>(kind), kwargs.value_or("{}"), "--kwargs", warnings);
  if (auto* answering = std::get_if<serve::QuestionAnsweringOptions>(&result.options))
    *answering = question_answering_options(arguments, *answering);
  else
    refuse_foreign_flags(arguments, task);
  std::visit(
      [&](auto& chosen) {
        chosen.sequence_length =
            arguments.number("sequence-length", 1, kMostTokens).value_or(chosen.sequence_length);
      },
      result.options);
  return result;
}

ExitCode run(const Arguments& arguments, Console& console) {
  std::vector<std::string> warnings;
  const auto [options, scheduler] = options_of(arguments, warnings);
  runtime::EngineOptions engine = engine_options(arguments);
  if (scheduler) serve::use_scheduler(scheduler->kind, engine);
  TaskModel model(arguments, options, engine);
  warnings.insert(warnings.end(), model.ready().warnings.begin(), model.ready().warnings.end());
  for (const std::string& warning : warnings) console.err << "filigree: " << warning << "\n";
  Answers answers(model, console);
  for (NumberedLine line; next_line(console.in, line);) {
    answers.add(line);
    // Whoever writes the lines may wait for an answer before the next one.
    if (!input_waits(console.in)) answers.write_all();
  }
  answers.write_all();
  return answers.all_answered() ? ExitCode::kOk : ExitCode::kResultSaysNo;
}

std::vector<Flag> flags() {
  std::vector<Flag> flags = question_answering_flags();
  flags.insert(flags.begin() + 1, {{"task", "NAME", serve::task_names()},
                                   {"kwargs", "YAML",
                                    "options of the task as in an endpoint's "
                                    "kwargs: '{top_k: 3}'"}});
  return flags;
}

}  // namespace

Command run_command() {
  return {.usage = {.command = "run",
                    .summary =
                        "Answers JSON lines from the standard input, in order, without a server.",
                    .operands = "< requests.jsonl",
                    .flags = flags(),
                    .example = "echo '{\"question\": \"Who?\", \"context\": \"Ada did.\"}' |\n"
                               "    filigree run --model_path DIR --task question_answering\n"
                               "  echo '{\"sequences\": [\"Well done.\", \"A waste.\"]}' |\n"
                               "    filigree run --model_path DIR --task text_classification"},
          .run = run};
}

}  // namespace filigree::tools
