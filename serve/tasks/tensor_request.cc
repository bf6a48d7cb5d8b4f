#include "serve/tasks/tensor_request.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include "serve/tasks/tensor_answer.h"

namespace filigree::serve {
namespace {

enum class Role { kIds, kMask, kTypes };

// By the names that exporters give: input_ids, attention_mask, token_type_ids, segment_ids.
Role role_of(const std::string& name) {
  if (name.find("mask") != std::string::npos) return Role::kMask;
  if (name.find("type") != std::string::npos || name.find("segment") != std::string::npos)
    return Role::kTypes;
  return Role::kIds;
}

using Shape = std::vector<std::int64_t>;

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t size : shape)
    text.append(text.empty() ? "[" : ", ").append(std::to_string(size));
  return text.empty() ? "[]" : text + "]";
}

struct Input {
  std::string name;
  Shape shape;
  std::vector<std::int64_t> values;
};

class InputReader {
 public:
  InputReader(const loader::Model& model, std::vector<FieldError>& errors)
      : model_(model), errors_(errors) {}

  std::optional<Input> read(const Json& json) {
    Input input;
    const std::string* name = json.find("name")->as_string();
    input.name = name != nullptr ? *name : to_text(*json.find("name"));
    if (std::ranges::find(model_.input_names, input.name) == model_.input_names.end()) {
      std::string known;
      for (const std::string& other : model_.input_names)
        known.append(known.empty() ? "" : ", ").append(other);
      return fail(input, "the model has no input of this name, expected " + known);
    }
    const std::string* type = json.find("datatype")->as_string();
    if (type == nullptr || (*type != "INT64" && *type != "INT32"))
      return fail(input,
                  "datatype is " + to_text(*json.find("datatype")) + ", expected INT64 or INT32");
    if (!read_shape(*json.find("shape"), input)) return std::nullopt;
    const Json* data = json.find("data");
    if (data == nullptr || data->as_array() == nullptr)
      return fail(input, "'data' is missing or no list");
    if (!append(*data, input)) return std::nullopt;
    const auto count =
        static_cast<std::size_t>(input.shape[0]) * static_cast<std::size_t>(input.shape[1]);
    if (input.values.size() != count)
      return fail(input, "'data' has " + std::to_string(input.values.size()) +
                             " values, expected " + std::to_string(count) + " for the shape " +
                             shape_text(input.shape));
    return input;
  }

 private:
  bool read_shape(const Json& json, Input& input) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    const auto* sizes = json.as_array();
    if (sizes != nullptr)
      for (const Json& size : *sizes)
        if (const auto* value = size.as_integer(); value && *value > 0 && *value <= kMost)
          input.shape.push_back(*value);
    if (sizes != nullptr && sizes->size() == 2 && input.shape.size() == 2) return true;
    fail(input, "shape is " + to_text(json) + ", expected [batch, tokens] with sizes above 0");
    return false;
  }

  bool append(const Json& data, Input& input) {
    for (const Json& item : *data.as_array()) {
      if (item.as_array() != nullptr) {
        if (!append(item, input)) return false;
        continue;
      }
      const auto* value = item.as_integer();
      if (value == nullptr || *value < std::numeric_limits<std::int32_t>::min() ||
          *value > std::numeric_limits<std::int32_t>::max()) {
        fail(input, "'data' has " + to_text(item) + ", expected whole numbers of 32 bits");
        return false;
      }
      input.values.push_back(*value);
    }
    return true;
  }

  std::nullopt_t fail(const Input& input, const std::string& message) {
    errors_.push_back({{"inputs", input.name}, message, "value_error"});
    return std::nullopt;
  }

  const loader::Model& model_;
  std::vector<FieldError>& errors_;
};

struct Batch {
  std::optional<Input> ids, mask, types;
};

std::optional<Input>& part(Batch& batch, Role role) {
  return role == Role::kMask ? batch.mask : role == Role::kTypes ? batch.types : batch.ids;
}

std::span<const std::int64_t> row_of(const Input& input, std::size_t row, std::size_t width) {
  return std::span(input.values).subspan(row * width, width);
}

// Ones, and what comes after the last of them left out; throws std::invalid_argument.
std::vector<std::uint8_t> mask_of_row(const Input& mask, std::size_t row, std::size_t width) {
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

std::vector<std::int32_t> row_values(const Input& input, std::size_t row, std::size_t width,
                                     std::size_t tokens) {
  std::vector<std::int32_t> values(tokens);
  std::ranges::transform(row_of(input, row, width).first(tokens), values.begin(),
                         [](std::int64_t value) { return static_cast<std::int32_t>(value); });
  return values;
}

// What follows the last 1 of a mask: nothing looks at it, unless the graph decides itself what its
// mask means.
enum class Rest { kLeftOut, kMasked };

std::vector<runtime::Sequence> sequences_of(const Batch& batch, Rest rest) {
  const auto rows = static_cast<std::size_t>(batch.ids->shape[0]);
  const auto width = static_cast<std::size_t>(batch.ids->shape[1]);
  std::vector<runtime::Sequence> sequences(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    std::size_t tokens = width;
    if (batch.mask) {
      std::vector<std::uint8_t> mask = mask_of_row(*batch.mask, row, width);
      if (rest == Rest::kLeftOut) tokens = mask.size();
      mask.resize(tokens);
      if (std::ranges::find(mask, std::uint8_t{0}) != mask.end())
        sequences[row].mask = std::move(mask);
    }
    sequences[row].ids = row_values(*batch.ids, row, width, tokens);
    if (batch.types) sequences[row].type_ids = row_values(*batch.types, row, width, tokens);
  }
  return sequences;
}

std::optional<Batch> read_batch(const Json& request, const loader::Model& model,
                                std::vector<FieldError>& errors) {
  InputReader reader(model, errors);
  Batch batch;
  for (const Json& json : *request.find("inputs")->as_array()) {
    auto input = reader.read(json);
    if (!input) continue;
    auto& place = part(batch, role_of(input->name));
    if (place)
      errors.push_back({{"inputs", input->name}, "is given twice", "value_error"});
    else
      place = std::move(input);
  }
  if (!errors.empty()) return std::nullopt;
  if (!batch.ids) {
    errors.push_back({{"inputs"}, "the token ids are missing", "value_error.missing"});
    return std::nullopt;
  }
  for (const auto* other : {&batch.mask, &batch.types})
    if (*other && (*other)->shape != batch.ids->shape)
      errors.push_back({{"inputs", (*other)->name},
                        "shape is " + shape_text((*other)->shape) + ", expected that of '" +
                            batch.ids->name + "', " + shape_text(batch.ids->shape),
                        "value_error"});
  if (!errors.empty()) return std::nullopt;
  return batch;
}

// Indices of the model's outputs, all when the request names none.
std::vector<std::size_t> wanted_outputs(const Json& request, const loader::Model& model,
                                        std::vector<FieldError>& errors) {
  std::vector<std::size_t> wanted;
  const Json* outputs = request.find("outputs");
  const auto* list = outputs == nullptr ? nullptr : outputs->as_array();
  if (list == nullptr || list->empty()) {
    for (std::size_t i = 0; i < model.output_names.size(); ++i) wanted.push_back(i);
    return wanted;
  }
  for (const Json& output : *list) {
    const Json* json = output.find("name");
    const std::string* name = json == nullptr ? nullptr : json->as_string();
    const auto found =
        name == nullptr ? model.output_names.end() : std::ranges::find(model.output_names, *name);
    if (found != model.output_names.end()) {
      wanted.push_back(static_cast<std::size_t>(found - model.output_names.begin()));
      continue;
    }
    std::string known;
    for (const std::string& other : model.output_names)
      known.append(known.empty() ? "" : ", ").append(other);
    errors.push_back({{"outputs"},
                      "the model has no output " + (json ? to_text(*json) : "without a name") +
                          ", expected " + known,
                      "value_error"});
  }
  return wanted;
}

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
    const Role role = role_of(name);
    inputs.add(Json::object({{"name", name},
                             {"datatype", "INT64"},
                             {"shape", Json::array({1, 3})},
                             {"data", role == Role::kIds    ? Json::array({2, 4, 3})
                                      : role == Role::kMask ? Json::array({1, 1, 1})
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

PreparedOrErrors prepare_tensors(const Json& request, std::shared_ptr<const loader::Model> model,
                                 std::string name) {
  std::vector<FieldError> errors;
  TensorAnswer answer;
  answer.outputs = wanted_outputs(request, *model, errors);
  const auto batch = read_batch(request, *model, errors);
  if (!errors.empty()) return errors;
  runtime::Request inference;
  inference.model = model;
  try {
    inference.sequences = sequences_of(*batch, model->encoder ? Rest::kLeftOut : Rest::kMasked);
  } catch (const std::invalid_argument& error) {
    return std::vector<FieldError>{{{"inputs", batch->mask->name}, error.what(), "value_error"}};
  }
  if (const auto error = runtime::request_error(inference))
    return std::vector<FieldError>{{{"inputs"}, *error, "value_error"}};
  answer.model = std::move(model);
  answer.model_name = std::move(name);
  answer.width = static_cast<std::size_t>(batch->ids->shape[1]);
  if (const Json* id = request.find("id")) answer.id = *id;
  for (const runtime::Sequence& sequence : inference.sequences)
    answer.tokens.push_back(sequence.ids.size());
  PreparedTask task;
  task.sequences = std::move(inference.sequences);
  task.finish = [answer = std::move(answer)](std::span<const runtime::SequenceOutput> outputs) {
    return tensor_answer(answer, outputs);
  };
  return task;
}

}  // namespace filigree::serve
