#include <utility>

#include "serve/tasks/token_classification.h"

namespace filigree::serve {
namespace {

Json to_json(const Entity& entity) {
  return Json::object({{"entity", entity.label},
                       {"score", shortest(entity.score)},
                       {"word", entity.word},
                       {"start", entity.start},
                       {"end", entity.end},
                       {"index", entity.index ? Json(*entity.index) : Json()},
                       {"is_grouped", entity.is_grouped}});
}

Json answer_of(const TokenClassification& pipeline, const std::vector<TokenSequence>& sequences,
               std::span<const runtime::SequenceOutput> outputs) {
  Json predictions = Json::array({});
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Json found = Json::array({});
    for (const Entity& entity : pipeline.classify(sequences.at(i), outputs[i]))
      found.add(to_json(entity));
    predictions.add(std::move(found));
  }
  return Json::object({{"predictions", std::move(predictions)}});
}

}  // namespace

std::variant<std::vector<TokenInput>, FieldErrors> tokens_to_classify(const Json& request) {
  FieldErrors errors;
  if (!expect_object(request, "'inputs'", errors)) return errors;
  const bool split = optional_boolean(request, "is_split_into_words", errors).value_or(false);
  const Json* inputs = required_member(request, "inputs", errors);
  if (inputs == nullptr) return errors;
  Texts read = read_texts(*inputs, "inputs", errors);
  if (split && !read.is_list && errors.empty())
    errors.push_back(wrong_type({"inputs"}, "list of str", *inputs, "type_error.list"));
  if (!errors.empty()) return errors;
  std::vector<TokenInput> result;
  if (split) {
    result.push_back({.texts = std::move(read.texts), .is_split_into_words = true});
  } else {
    for (std::string& text : read.texts)
      result.push_back({.texts = {std::move(text)}, .is_split_into_words = false});
  }
  return result;
}

Task token_classification_task(std::shared_ptr<const TokenClassification> pipeline) {
  return [pipeline = std::move(pipeline)](const Json& request) -> PreparedOrErrors {
    auto read = tokens_to_classify(request);
    if (auto* errors = std::get_if<FieldErrors>(&read)) return std::move(*errors);
    auto& inputs = std::get<std::vector<TokenInput>>(read);
    PreparedTask task;
    CutReport cuts(pipeline->sequence_length());
    auto sequences = std::make_shared<std::vector<TokenSequence>>();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const TokenSequence& made =
          sequences->emplace_back(pipeline->sequence(std::move(inputs[i]), i, cuts));
      task.sequences.push_back({.ids = made.encoding.ids, .type_ids = made.encoding.type_ids});
    }
    task.finish = [pipeline, sequences, warning = cuts.warning(inputs.size())](
                      std::span<const runtime::SequenceOutput> outputs) {
      Json answer = answer_of(*pipeline, *sequences, outputs);
      add_warning(answer, warning);
      return answer;
    };
    return task;
  };
}

}  // namespace filigree::serve
