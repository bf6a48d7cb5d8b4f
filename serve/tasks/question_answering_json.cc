#include "serve/tasks/question_answering.h"
#include "serve/tasks/request_fields.h"

namespace filigree::serve {
namespace {

std::string read_text(const Json& request, const std::string& field, FieldErrors& errors) {
  const Json* member = required_member(request, field, errors);
  if (member == nullptr) return {};
  if (const std::string* text = member->as_string()) return *text;
  errors.push_back(wrong_type({field}, "str", *member, "type_error.str"));
  return {};
}

}  // namespace

std::variant<Question, std::vector<FieldError>> question_from_json(const Json& request) {
  FieldErrors errors;
  if (!expect_object(request, "'question' and 'context'", errors)) return errors;
  Question question;
  question.question = read_text(request, "question", errors);
  question.context = read_text(request, "context", errors);
  if (!errors.empty()) return errors;
  return question;
}

Json to_json(const Answer& answer) {
  Json json = Json::object({{"score", shortest(answer.score)},
                            {"answer", answer.answer},
                            {"start", answer.start},
                            {"end", answer.end}});
  add_warning(json, answer.warning);
  return json;
}

Task question_answering_task(std::shared_ptr<const QuestionAnswering> pipeline) {
  return [pipeline = std::move(pipeline)](const Json& request) -> PreparedOrErrors {
    auto read = question_from_json(request);
    if (auto* errors = std::get_if<std::vector<FieldError>>(&read)) return std::move(*errors);
    auto question = std::make_shared<Question>(std::move(std::get<Question>(read)));
    auto windows = std::make_shared<QuestionWindows>(pipeline->windows(*question));
    PreparedTask task;
    task.sequences = std::move(windows->sequences);
    task.texts = 1;
    task.finish = [pipeline, question, windows](std::span<const runtime::SequenceOutput> outputs) {
      return to_json(pipeline->answer(question->context, *windows, outputs));
    };
    return task;
  };
}

ReadyTask ready_task(const TaskParts& parts, const QuestionAnsweringOptions& options) {
  auto pipeline = std::make_shared<const QuestionAnswering>(parts.tokenizer, *parts.model, options);
  const std::size_t length = pipeline->sequence_length();
  return {.task = question_answering_task(std::move(pipeline)),
          .sequence_length = length,
          .warnings = {}};
}

}  // namespace filigree::serve
