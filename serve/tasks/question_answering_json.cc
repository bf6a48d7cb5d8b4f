#include <array>
#include <charconv>
#include <cmath>

#include "serve/tasks/question_answering.h"

namespace filigree::serve {
namespace {

// The double whose shortest text is also the shortest text of `value`: 0.1f becomes 0.1, not
// 0.10000000149.
double shortest(float value) {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  double result = 0;
  std::from_chars(text.data(), written.ptr, result);
  return result;
}

std::string read_text(const Json& request, const std::string& field,
                      std::vector<FieldError>& errors) {
  const Json* member = request.find(field);
  if (member == nullptr) {
    errors.push_back({{field}, "field required", "value_error.missing"});
    return {};
  }
  if (const std::string* text = member->as_string()) return *text;
  errors.push_back(
      {{field}, "str type expected, found " + std::string(member->type_name()), "type_error.str"});
  return {};
}

}  // namespace

std::variant<Question, std::vector<FieldError>> question_from_json(const Json& request) {
  std::vector<FieldError> errors;
  if (!request.is_object()) {
    errors.push_back(
        {{},
         "object with 'question' and 'context' expected, found " + std::string(request.type_name()),
         "type_error.dict"});
    return errors;
  }
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
  if (!answer.warning.empty()) json.add("warning", answer.warning);
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
    task.finish = [pipeline, question, windows](std::span<const runtime::SequenceOutput> outputs) {
      return to_json(pipeline->answer(question->context, *windows, outputs));
    };
    return task;
  };
}

}  // namespace filigree::serve
