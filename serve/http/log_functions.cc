#include "serve/http/log_functions.h"

#include <algorithm>
#include <string>

#include "tokenizer/utf8.h"

namespace filigree::serve {
namespace {

using Value = std::optional<Json>;

Json token_ids(const AnsweredRequest& request) {
  Json sequences = Json::array({});
  for (const runtime::Sequence& sequence : request.sequences) {
    Json ids = Json::array({});
    for (const std::int32_t id : sequence.ids) ids.add(std::int64_t{id});
    sequences.add(std::move(ids));
  }
  return sequences;
}

// Of each sequence the outputs in the model's order, flat; those that are not float are null.
Json outputs_of(const AnsweredRequest& request) {
  Json sequences = Json::array({});
  for (const runtime::SequenceOutput& output : *request.outputs) {
    Json tensors = Json::array({});
    for (const loader::Tensor& tensor : output.tensors) {
      if (tensor.type() != loader::kDataTypeOf<float>) {
        tensors.add(nullptr);
        continue;
      }
      Json values = Json::array({});
      for (const float value : tensor.data<float>()) values.add(static_cast<double>(value));
      tensors.add(std::move(values));
    }
    sequences.add(std::move(tensors));
  }
  return sequences;
}

Json whole(LogTarget target, const AnsweredRequest& request) {
  switch (target) {
    case LogTarget::kPipelineInputs:
      return *request.input;
    case LogTarget::kEngineInputs:
      return token_ids(request);
    case LogTarget::kEngineOutputs:
      return outputs_of(request);
    case LogTarget::kPipelineOutputs:
      return *request.output;
  }
  return {};
}

const Json* step_into(const Json& value, const std::variant<std::string, std::int64_t>& step) {
  if (const auto* name = std::get_if<std::string>(&step)) return value.find(*name);
  const auto* items = value.as_array();
  if (items == nullptr) return nullptr;
  const auto size = static_cast<std::int64_t>(items->size());
  std::int64_t index = std::get<std::int64_t>(step);
  if (index < 0) index += size;
  if (index < 0 || index >= size) return nullptr;
  return &(*items)[static_cast<std::size_t>(index)];
}

Value string_length(const Json& value) {
  if (const auto* text = value.as_string()) return Json(tokenizer::count_code_points(*text));
  const auto* items = value.as_array();
  if (items == nullptr) return std::nullopt;
  Json lengths = Json::array({});
  for (const Json& item : *items) {
    auto length = string_length(item);
    if (!length) return std::nullopt;
    lengths.add(std::move(*length));
  }
  return lengths;
}

void count_ids(const Json& value, std::int64_t wanted, std::size_t& all, std::size_t& found) {
  if (const auto* id = value.as_integer()) {
    ++all;
    found += *id == wanted ? 1 : 0;
  } else if (const auto* items = value.as_array()) {
    for (const Json& item : *items) count_ids(item, wanted, all, found);
  }
}

Value percent_unknown(const Json& value, std::optional<std::int32_t> unknown) {
  if (!unknown) return std::nullopt;
  std::size_t all = 0;
  std::size_t found = 0;
  count_ids(value, *unknown, all, found);
  if (all == 0) return std::nullopt;
  constexpr double kPercent = 100;
  return Json(kPercent * static_cast<double>(found) / static_cast<double>(all));
}

Value answer_text(const Json& value, LogFunction function) {
  const Json* answer = value.find("answer");
  const std::string* text = answer == nullptr ? nullptr : answer->as_string();
  if (text == nullptr) return std::nullopt;
  if (function == LogFunction::kAnswerFound) return Json(text->empty() ? 0 : 1);
  return Json(tokenizer::count_code_points(*text));
}

std::optional<double> number(const Json* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* real = value->as_double()) return *real;
  if (const auto* integer = value->as_integer()) return static_cast<double>(*integer);
  return std::nullopt;
}

// Of the tokens of one text: the mean score, or what part has the label that says nothing.
double of_tokens(const Json::Array& tokens, LogFunction function) {
  double sum = 0;
  for (const Json& token : tokens) {
    if (function == LogFunction::kMeanScore) {
      sum += number(token.find("score")).value_or(0);
      continue;
    }
    const Json* entity = token.find("entity");
    const std::string* label = entity == nullptr ? nullptr : entity->as_string();
    sum += label != nullptr && (*label == "O" || *label == "LABEL_0") ? 1 : 0;
  }
  constexpr double kPercent = 100;
  const double mean = tokens.empty() ? 0 : sum / static_cast<double>(tokens.size());
  return function == LogFunction::kMeanScore ? mean : kPercent * mean;
}

Value of_predictions(const Json& value, LogFunction function) {
  const Json* predictions = value.find("predictions");
  const auto* texts = predictions == nullptr ? nullptr : predictions->as_array();
  if (texts == nullptr) return std::nullopt;
  Json values = Json::array({});
  for (const Json& text : *texts) {
    if (text.as_array() == nullptr) return std::nullopt;
    values.add(of_tokens(*text.as_array(), function));
  }
  return values;
}

}  // namespace

Value logged_value(const DataLog& log, const AnsweredRequest& request,
                   std::optional<std::int32_t> unknown_token) {
  const Json target = whole(log.target, request);
  const Json* part = &target;
  for (const auto& step : log.path) {
    part = step_into(*part, step);
    if (part == nullptr) return std::nullopt;
  }
  switch (log.function) {
    case LogFunction::kIdentity:
      return *part;
    case LogFunction::kStringLength:
      return string_length(*part);
    case LogFunction::kPercentUnknownTokens:
      return percent_unknown(*part, unknown_token);
    case LogFunction::kAnswerFound:
    case LogFunction::kAnswerLength:
      return answer_text(*part, log.function);
    case LogFunction::kAnswerScore: {
      const auto score = number(part->find("score"));
      return score ? Value(*score) : std::nullopt;
    }
    case LogFunction::kPercentZeroLabels:
    case LogFunction::kMeanScore:
      return of_predictions(*part, log.function);
  }
  return std::nullopt;
}

}  // namespace filigree::serve
