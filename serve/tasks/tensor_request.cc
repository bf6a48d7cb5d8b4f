#include "serve/tasks/tensor_request.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "serve/tasks/request_fields.h"
#include "serve/tasks/tensor_inputs.h"

namespace filigree::serve {
namespace {

std::span<const std::int64_t> row_of(const TensorInput& input, std::size_t row, std::size_t width) {
  return std::span(input.values).subspan(row * width, width);
}

// Ones, and what comes after the last of them left out; throws std::invalid_argument.
std::vector<std::uint8_t> mask_of_row(const TensorInput& mask, std::size_t row, std::size_t width) {
  const auto values = row_of(mask, row, width);
  std::vector<std::uint8_t> result;
  std::size_t used = 0;
  for (const std::int64_t value : values) {
    if (value != 0 && value != 1)
      throw std::invalid_argument("row " + std::to_string(row) + " has " + std::to_string(value) +
                                  ", expected 0 and 1");
    result.push_back(static_cast<std::uint8_t>(value));
    if (value == 1) used = result.size();
  }
  if (used == 0)
    throw std::invalid_argument("row " + std::to_string(row) +
                                " has no 1: nothing is left to attend to");
  result.resize(used);
  return result;
}

std::vector<std::int32_t> row_values(const TensorInput& input, std::size_t row, std::size_t width,
                                     std::size_t tokens) {
  std::vector<std::int32_t> values(tokens);
  std::ranges::transform(row_of(input, row, width).first(tokens), values.begin(),
                         [](std::int64_t value) { return static_cast<std::int32_t>(value); });
  return values;
}

// What follows the last 1 of a mask: nothing looks at it, unless the graph decides itself what its
// mask means.
enum class Rest { kLeftOut, kMasked };

std::vector<runtime::Sequence> sequences_of(const TensorInputs& inputs, Rest rest) {
  const auto rows = static_cast<std::size_t>(inputs.ids.shape[0]);
  const auto width = static_cast<std::size_t>(inputs.ids.shape[1]);
  std::vector<runtime::Sequence> sequences(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    std::size_t tokens = width;
    if (inputs.mask) {
      std::vector<std::uint8_t> mask = mask_of_row(*inputs.mask, row, width);
      if (rest == Rest::kLeftOut) tokens = mask.size();
      mask.resize(tokens);
      if (std::ranges::find(mask, std::uint8_t{0}) != mask.end())
        sequences[row].mask = std::move(mask);
    }
    sequences[row].ids = row_values(inputs.ids, row, width, tokens);
    if (inputs.types) sequences[row].type_ids = row_values(*inputs.types, row, width, tokens);
  }
  return sequences;
}

// The boolean `parameters`.`name` of `json`; nullopt when it is absent.
std::optional<bool> flag(const Json& json, const std::string& name, std::vector<FieldStep> location,
                         FieldErrors& errors) {
  const Json* parameters = json.find("parameters");
  const Json* value = parameters == nullptr ? nullptr : parameters->find(name);
  if (value == nullptr) return std::nullopt;
  if (const bool* boolean = value->as_bool()) return *boolean;
  location.insert(location.end(), {"parameters", name});
  errors.push_back(wrong_type(std::move(location), "bool", *value, "type_error.bool"));
  return std::nullopt;
}

TensorForm form_of(bool is_raw) { return is_raw ? TensorForm::kRaw : TensorForm::kJson; }

class OutputReader {
 public:
  OutputReader(const Json& request, const loader::Model& model, FieldErrors& errors)
      : model_(model),
        errors_(errors),
        default_(form_of(flag(request, "binary_data_output", {}, errors).value_or(false))) {}

  // All of the model's when the request names none.
  std::vector<WantedOutput> read(const Json* outputs) {
    std::vector<WantedOutput> wanted;
    const auto* list = outputs == nullptr ? nullptr : outputs->as_array();
    if (outputs != nullptr && !outputs->is_null() && list == nullptr)
      errors_.push_back(wrong_type({"outputs"}, "list", *outputs, "type_error.list"));
    if (list == nullptr || list->empty()) {
      for (std::size_t i = 0; i < model_.output_names.size(); ++i) wanted.push_back({i, default_});
      return wanted;
    }
    if (list->size() > model_.output_names.size()) {
      // A short name many times would be a short request with a huge answer.
      errors_.push_back({{"outputs"},
                         "has " + std::to_string(list->size()) + " items, the model has " +
                             std::to_string(model_.output_names.size()) + " outputs",
                         "value_error.list.max_items"});
      return wanted;
    }
    for (std::size_t i = 0; i < list->size(); ++i)
      if (const auto output = read_one((*list)[i], i)) wanted.push_back(*output);
    return wanted;
  }

 private:
  std::optional<WantedOutput> read_one(const Json& output, std::size_t number) {
    const Json* json = output.find("name");
    const std::string* name = json == nullptr ? nullptr : json->as_string();
    const auto& names = model_.output_names;
    const auto found = name == nullptr ? names.end() : std::ranges::find(names, *name);
    if (found == names.end()) {
      std::string known;
      for (const std::string& other : names) known.append(known.empty() ? "" : ", ").append(other);
      errors_.push_back({{"outputs"},
                         "the model has no output " + (json ? to_text(*json) : "without a name") +
                             ", expected " + known,
                         "value_error"});
      return std::nullopt;
    }
    const auto raw = flag(output, "binary_data", {"outputs", number}, errors_);
    return WantedOutput{static_cast<std::size_t>(found - names.begin()),
                        raw ? form_of(*raw) : default_};
  }

  const loader::Model& model_;
  FieldErrors& errors_;
  const TensorForm default_;
};

}  // namespace

bool is_tensor_request(const Json& request) {
  const Json* inputs = request.find("inputs");
  const auto* list = inputs == nullptr ? nullptr : inputs->as_array();
  return list != nullptr && !list->empty() && std::ranges::all_of(*list, [](const Json& input) {
           return input.find("name") && input.find("shape") && input.find("datatype");
         });
}

Json tensor_inputs(const loader::Model& model) {
  Json inputs = Json::array({});
  for (const std::string& name : model.input_names)
    inputs.add(
        Json::object({{"name", name}, {"datatype", "INT64"}, {"shape", Json::array({-1, -1})}}));
  return inputs;
}

Json tensor_example(const loader::Model& model) {
  Json inputs = Json::array({});
  for (const std::string& name : model.input_names) {
    const TensorRole role = tensor_role(name);
    inputs.add(Json::object({{"name", name},
                             {"datatype", "INT64"},
                             {"shape", Json::array({1, 3})},
                             {"data", role == TensorRole::kIds    ? Json::array({2, 4, 3})
                                      : role == TensorRole::kMask ? Json::array({1, 1, 1})
                                                                  : Json::array({0, 0, 0})}}));
  }
  return Json::object({{"inputs", std::move(inputs)}});
}

Json tensor_outputs(const loader::Model& model) {
  Json outputs = Json::array({});
  for (const std::string& name : model.output_names) {
    Json shape = Json::array({-1, -1});
    const auto info = std::ranges::find(model.rest.outputs, name, &loader::ValueInfo::name);
    if (info != model.rest.outputs.end() && !info->dims.empty()) {
      shape = Json::array({-1});
      for (std::size_t i = 1; i < info->dims.size(); ++i) shape.add(info->dims[i].value_or(-1));
    }
    outputs.add(Json::object({{"name", name}, {"datatype", "FP32"}, {"shape", std::move(shape)}}));
  }
  return outputs;
}

std::variant<PreparedTensors, std::vector<FieldError>> prepare_tensors(
    const Json& request, std::string_view raw, std::shared_ptr<const loader::Model> model,
    std::string name) {
  std::vector<FieldError> errors;
  TensorAnswer answer;
  answer.outputs = OutputReader(request, *model, errors).read(request.find("outputs"));
  if (const auto id = optional_text(request, "id", errors)) answer.id = *id;
  const auto inputs = read_tensor_inputs(request, raw, model->input_names, errors);
  if (!errors.empty()) return errors;
  runtime::Request inference;
  inference.model = model;
  try {
    inference.sequences = sequences_of(*inputs, model->encoder ? Rest::kLeftOut : Rest::kMasked);
  } catch (const std::invalid_argument& error) {
    return std::vector<FieldError>{{{"inputs", inputs->mask->name}, error.what(), "value_error"}};
  }
  if (const auto error = runtime::request_error(inference))
    return std::vector<FieldError>{{{"inputs"}, *error, "value_error"}};
  answer.model = std::move(model);
  answer.model_name = std::move(name);
  answer.width = static_cast<std::size_t>(inputs->ids.shape[1]);
  for (const runtime::Sequence& sequence : inference.sequences)
    answer.tokens.push_back(sequence.ids.size());
  const bool is_raw = std::ranges::find(answer.outputs, TensorForm::kRaw, &WantedOutput::form) !=
                      answer.outputs.end();
  PreparedTensors prepared;
  prepared.task.sequences = std::move(inference.sequences);
  if (is_raw)
    prepared.finish_raw =
        [answer = std::move(answer)](std::span<const runtime::SequenceOutput> outputs) {
          return tensor_answer(answer, outputs);
        };
  else
    prepared.task.finish =
        [answer = std::move(answer)](std::span<const runtime::SequenceOutput> outputs) {
          return tensor_answer(answer, outputs).json;
        };
  return prepared;
}

}  // namespace filigree::serve
