#include <deque>
#include <ostream>

#include "serve/tasks/task.h"
#include "serve/tasks/task_name.h"
#include "tools/cli/json.h"
#include "tools/cli/json_lines.h"
#include "tools/commands/commands.h"
#include "tools/commands/question_answering_model.h"

namespace filigree::tools {
namespace {

// A line that waits for its turn to be answered.
struct PendingLine {
  std::size_t number = 0;
  std::string error;  // not empty: this is the answer
  serve::PreparedTask prepared;
  std::future<runtime::Response> response;
};

std::string text_of(const std::vector<serve::FieldError>& errors) {
  std::string text;
  for (const serve::FieldError& error : errors) {
    std::string field;
    for (const std::string& part : error.location) field += (field.empty() ? "" : ".") + part;
    text += (text.empty() ? "" : "; ") + field + (field.empty() ? "" : ": ") + error.message;
  }
  return text;
}

class Answers {
 public:
  Answers(QuestionAnsweringModel& model, Console& console)
      : model_(model), task_(serve::question_answering_task(model.pipeline())), console_(console) {}

  void add(const NumberedLine& line) {
    if (pending_.size() == kRequestsInFlight) write_first();
    PendingLine& pending = pending_.emplace_back();
    pending.number = line.number;
    try {
      auto prepared = task_(json_of(line.text, "line " + std::to_string(line.number)));
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

  QuestionAnsweringModel& model_;
  const serve::Task task_;
  Console& console_;
  std::deque<PendingLine> pending_;
  bool all_answered_ = true;
};

ExitCode run(const Arguments& arguments, Console& console) {
  const std::string task = arguments.required("task");
  const auto kind = serve::parse_task(task);
  if (const auto* reason = std::get_if<std::string>(&kind)) throw UsageError(*reason);
  QuestionAnsweringModel model(arguments);
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
  flags.insert(flags.begin() + 1, {"task", "NAME", "question_answering (or qa)"});
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
                               "    filigree run --model_path DIR --task question_answering"},
          .run = run};
}

}  // namespace filigree::tools
