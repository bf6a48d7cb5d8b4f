#include <utility>

#include "serve/tasks/text_classification.h"

namespace filigree::serve {
namespace {

// One item of the list: a text, [text] or [text, text].
void read_item(const Json& item, std::size_t index, std::vector<TextOrPair>& inputs,
               FieldErrors& errors) {
  if (const std::string* text = item.as_string()) {
    inputs.push_back({*text, std::nullopt});
    return;
  }
  const Json::Array* texts = item.as_array();
  if (texts == nullptr) {
    errors.push_back(
        wrong_type({"sequences", index}, "str or list of str", item, "type_error.str"));
    return;
  }
  if (texts->empty() || texts->size() > 2) {
    errors.push_back({{"sequences", index},
                      "one text or a pair expected, found " + std::to_string(texts->size()),
                      "value_error.list.length"});
    return;
  }
  for (std::size_t i = 0; i < texts->size(); ++i)
    if ((*texts)[i].as_string() == nullptr) {
      errors.push_back(wrong_type({"sequences", index, i}, "str", (*texts)[i], "type_error.str"));
      return;
    }
  TextOrPair input{*texts->front().as_string(), std::nullopt};
  if (texts->size() == 2) input.pair = *texts->back().as_string();
  inputs.push_back(std::move(input));
}

Json answer_of(const TextClassification& pipeline,
               std::span<const runtime::SequenceOutput> outputs) {
  Json labels = Json::array({});
  Json scores = Json::array({});
  for (const runtime::SequenceOutput& output : outputs) {
    const std::vector<RankedLabel> ranked = pipeline.classify(output);
    if (pipeline.top_k() == 1) {
      labels.add(pipeline.label(ranked.front().label));
      scores.add(shortest(ranked.front().score));
      continue;
    }
    Json names = Json::array({});
    Json numbers = Json::array({});
    for (const RankedLabel& label : ranked) {
      names.add(pipeline.label(label.label));
      numbers.add(shortest(label.score));
    }
    labels.add(std::move(names));
    scores.add(std::move(numbers));
  }
  return Json::object({{"labels", std::move(labels)}, {"scores", std::move(scores)}});
}

}  // namespace

std::variant<std::vector<TextOrPair>, FieldErrors> texts_to_classify(const Json& request) {
  FieldErrors errors;
  std::vector<TextOrPair> inputs;
  if (!expect_object(request, "'sequences'", errors)) return errors;
  const Json* sequences = required_member(request, "sequences", errors);
  if (sequences == nullptr) return errors;
  if (const std::string* text = sequences->as_string()) {
    inputs.push_back({*text, std::nullopt});
  } else if (const Json::Array* list = sequences->as_array()) {
    if (expect_usable_size(*list, "sequences", errors))
      for (std::size_t i = 0; i < list->size(); ++i) read_item((*list)[i], i, inputs, errors);
  } else {
    errors.push_back(
        wrong_type({"sequences"}, "str or list of texts or pairs", *sequences, "type_error.str"));
  }
  if (!errors.empty()) return errors;
  return inputs;
}

Task text_classification_task(std::shared_ptr<const TextClassification> pipeline) {
  return [pipeline = std::move(pipeline)](const Json& request) -> PreparedOrErrors {
    auto read = texts_to_classify(request);
    if (auto* errors = std::get_if<FieldErrors>(&read)) return std::move(*errors);
    const auto& inputs = std::get<std::vector<TextOrPair>>(read);
    PreparedTask task;
    CutReport cuts(pipeline->sequence_length());
    for (std::size_t i = 0; i < inputs.size(); ++i)
      task.sequences.push_back(pipeline->sequence(inputs[i], i, cuts));
    task.finish = [pipeline, warning = cuts.warning(inputs.size())](
                      std::span<const runtime::SequenceOutput> outputs) {
      Json answer = answer_of(*pipeline, outputs);
      add_warning(answer, warning);
      return answer;
    };
    return task;
  };
}

}  // namespace filigree::serve
