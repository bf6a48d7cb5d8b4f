#include "serve/http/tensor_schema.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "serve/tasks/tensor_inputs.h"

namespace filigree::serve {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();

// Inclusive.
struct Range {
  std::int64_t least = -kMost - 1, most = kMost;
};

struct Limits {
  Range ids, types;
  std::int64_t tokens = kMost;
};

Limits limits_of(const loader::Model& model) {
  Limits limits;
  if (!model.encoder) return limits;
  limits.ids.least = limits.types.least = 0;
  limits.tokens = static_cast<std::int64_t>(model.encoder->max_positions);
  for (const loader::Embeddings::Table& table : model.encoder->embeddings.tables) {
    const auto rows = static_cast<std::int64_t>(table.view.rows);
    if (table.input == loader::EmbeddingInput::kWord)
      limits.ids.most = std::min(limits.ids.most, rows - 1);
    else if (table.input == loader::EmbeddingInput::kTokenType)
      limits.types.most = std::min(limits.types.most, rows - 1);
    else
      limits.tokens = std::min(limits.tokens, rows);
  }
  return limits;
}

Range range_of(TensorRole role, const Limits& limits) {
  if (role == TensorRole::kMask) return {0, 1};
  return role == TensorRole::kTypes ? limits.types : limits.ids;
}

Json integer_schema(Range range) {
  return Json::object({{"type", "integer"}, {"minimum", range.least}, {"maximum", range.most}});
}

Json list_of(Json items) { return Json::object({{"type", "array"}, {"items", std::move(items)}}); }

Json input_schema(const std::string& name, const Limits& limits) {
  const Json value = integer_schema(range_of(tensor_role(name), limits));
  Json data = list_of(Json::object({{"anyOf", Json::array({value, list_of(value)})}}));
  data.add("description", "flat, or a list for each row");
  // Of both sizes, as `items` is of both; batches have no limit of their own.
  Json shape = list_of(integer_schema({1, kMost}));
  shape.add("minItems", 2);
  shape.add("maxItems", 2);
  shape.add("description", "[batch, tokens], tokens at most " + std::to_string(limits.tokens));
  return Json::object(
      {{"type", "object"},
       {"required", Json::array({"name", "datatype", "shape", "data"})},
       {"properties",
        Json::object({{"name", Json::object({{"const", name}})},
                      {"datatype", Json::object({{"enum", Json::array({"INT64", "INT32"})}})},
                      {"shape", std::move(shape)},
                      {"data", std::move(data)}})}});
}

Json flag_schema(const std::string& name) {
  Json properties = Json::object({});
  properties.add(name, Json::object({{"type", "boolean"}}));
  return Json::object({{"properties", std::move(properties)}});
}

Json outputs_schema(const loader::Model& model) {
  Json names = Json::array({});
  for (const std::string& name : model.output_names) names.add(name);
  return Json::object(
      {{"type", Json::array({"array", "null"})},
       {"maxItems", model.output_names.size()},
       {"items", Json::object({{"type", "object"},
                               {"required", Json::array({"name"})},
                               {"properties",
                                Json::object({{"name", Json::object({{"enum", std::move(names)}})},
                                              {"parameters", flag_schema("binary_data")}})}})}});
}

}  // namespace

Json tensor_request_schema(const loader::Model& model) {
  const Limits limits = limits_of(model);
  Json known = Json::array({});
  for (const std::string& name : model.input_names) known.add(input_schema(name, limits));
  Json inputs = list_of(Json::object({{"anyOf", std::move(known)}}));
  inputs.add("minItems", 1);
  inputs.add("maxItems", model.input_names.size());
  return Json::object(
      {{"type", "object"},
       {"required", Json::array({"inputs"})},
       {"properties",
        Json::object({{"id", Json::object({{"type", Json::array({"string", "null"})}})},
                      {"inputs", std::move(inputs)},
                      {"parameters", flag_schema("binary_data_output")},
                      {"outputs", outputs_schema(model)}})}});
}

}  // namespace filigree::serve
