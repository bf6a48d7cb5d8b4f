#include "serve/http/task_schemas.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "serve/tasks/request_fields.h"

namespace filigree::serve {
namespace {

Json json_of(std::string_view text) { return std::get<Json>(parse_json(text)); }

TaskSchemas schemas(const QuestionAnsweringOptions&) {
  return {.request = json_of(R"({"type": "object", "required": ["question", "context"],
            "properties": {"question": {"type": "string"}, "context": {"type": "string"}}})"),
          .response = json_of(R"({"type": "object",
            "required": ["score", "answer", "start", "end"],
            "properties": {
              "score": {"type": "number", "description": "start logit plus end logit"},
              "answer": {"type": "string"},
              "start": {"type": "integer", "description": "code points of the context"},
              "end": {"type": "integer", "description": "exclusive"},
              "warning": {"type": "string"}}})"),
          .example = json_of(R"({"question": "Who built the lighthouse?",
            "context": "The lighthouse was built in 1874 by the engineer Marta Lindqvist."})")};
}

TaskSchemas schemas(const TextClassificationOptions&) {
  return {.request = json_of(R"({"type": "object", "required": ["sequences"],
            "properties": {"sequences": {"anyOf": [
              {"type": "string"},
              {"type": "array", "minItems": 1, "maxItems": 16384, "items": {"anyOf": [
                {"type": "string"},
                {"type": "array", "minItems": 1, "maxItems": 2,
                 "description": "a text or a pair", "items": {"type": "string"}}]}}]}}})"),
          .response = json_of(R"({"type": "object", "required": ["labels", "scores"],
            "properties": {
              "labels": {"type": "array", "items": {"anyOf": [{"type": "string"},
                {"type": "array", "items": {"type": "string"}}]}},
              "scores": {"type": "array", "items": {"anyOf": [{"type": "number"},
                {"type": "array", "items": {"type": "number"}}]}},
              "warning": {"type": "string"}}})"),
          .example = json_of(R"({"sequences": ["Well done.", "A waste of time."]})")};
}

TaskSchemas schemas(const TokenClassificationOptions&) {
  return {.request = json_of(R"({"type": "object", "required": ["inputs"],
            "properties": {
              "inputs": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Texts"}]},
              "is_split_into_words": {"type": ["boolean", "null"], "default": false}},
            "anyOf": [
              {"properties": {"is_split_into_words": {"enum": [false, null]}}},
              {"properties": {"inputs": {"type": "array"}}}]})"),
          .response = json_of(R"({"type": "object", "required": ["predictions"],
            "properties": {
              "predictions": {"type": "array", "items": {"type": "array",
                "items": {"$ref": "#/components/schemas/Entity"}}},
              "warning": {"type": "string"}}})"),
          .example = json_of(R"({"inputs": "Ada Byron lived in London."})")};
}

TaskSchemas schemas(const ZeroShotOptions& options) {
  TaskSchemas zero_shot{.request = {},
                        .response = json_of(R"({"type": "object",
            "required": ["sequences", "labels", "scores"],
            "properties": {
              "sequences": {"anyOf": [{"type": "string"},
                {"type": "array", "items": {"type": "string"}}]},
              "labels": {"type": "array", "items": {"anyOf": [{"type": "string"},
                {"type": "array", "items": {"type": "string"}}]}},
              "scores": {"type": "array", "items": {"anyOf": [{"type": "number"},
                {"type": "array", "items": {"type": "number"}}]}},
              "warning": {"type": "string"}}})"),
                        .example = {}};
  // Each text is asked with each label.
  const std::size_t most =
      kMostSequences / std::max<std::size_t>(options.labels ? options.labels->size() : 1, 1);
  Json texts = json_of(R"({"type": "array", "minItems": 1, "items": {"type": "string"}})");
  texts.add("maxItems", most);
  Json properties = json_of(R"({
      "hypothesis_template": {"type": ["string", "null"],
        "pattern": "^([^{}]|\\{\\{|\\}\\})*\\{0?\\}([^{}]|\\{\\{|\\}\\}|\\{0?\\})*$",
        "description": "{} is where the label goes"},
      "multi_class": {"type": ["boolean", "null"],
        "description": "several labels may be true"}})");
  properties.add("sequences",
                 Json::object({{"anyOf", Json::array({json_of(R"({"type": "string"})"), texts})}}));
  if (options.labels) {
    properties.add("labels", json_of(R"({"type": "null",
                     "description": "this endpoint has labels of its own"})"));
    zero_shot.example = json_of(R"({"sequences": "The bridge was closed after the storm."})");
  } else {
    properties.add("labels", json_of(R"({"anyOf": [
                     {"type": "string", "description": "separated by commas",
                      "pattern": "[^, \\t\\n\\u000b\\f\\r]"},
                     {"$ref": "#/components/schemas/Texts"}]})"));
    zero_shot.example = json_of(R"({"sequences": "The bridge was closed after the storm.",
                                    "labels": ["traffic", "music"]})");
  }
  Json required = Json::array({"sequences"});
  if (!options.labels) required.add("labels");
  zero_shot.request = Json::object({{"type", "object"},
                                    {"required", std::move(required)},
                                    {"properties", std::move(properties)}});
  return zero_shot;
}

TaskSchemas schemas(const EmbeddingOptions&) {
  return {.request = json_of(R"({"type": "object", "required": ["inputs"],
            "properties": {"inputs": {"anyOf": [{"type": "string"},
              {"$ref": "#/components/schemas/Texts"}]}}})"),
          .response = json_of(R"({"type": "object", "required": ["embeddings"],
            "properties": {
              "embeddings": {"type": "array",
                "items": {"type": "array", "items": {"type": "number"}}},
              "warning": {"type": "string"}}})"),
          .example = json_of(R"({"inputs": ["The bridge was closed.", "The road was shut."]})")};
}

}  // namespace

TaskSchemas task_schemas(const TaskOptions& options) {
  return std::visit([](const auto& chosen) { return schemas(chosen); }, options);
}

}  // namespace filigree::serve
