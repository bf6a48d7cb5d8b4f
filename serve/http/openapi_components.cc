#include "serve/http/openapi_components.h"

#include <string_view>
#include <variant>

namespace filigree::serve {
namespace {

constexpr std::string_view kErrors = R"({
  "FieldError": {"type": "object", "required": ["loc", "msg", "type"], "properties": {
    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
    "msg": {"type": "string"}, "type": {"type": "string"}}},
  "Refusal": {"description": "refused before the path is looked at, perhaps before it is known",
    "anyOf": [{"$ref": "#/components/schemas/Error"}, {"$ref": "#/components/schemas/Detail"}]},
  "DetailContent": {"anyOf": [{"type": "string"},
    {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}}]},
  "Error": {"type": "object", "required": ["error"],
    "properties": {"error": {"type": "string"}, "request_id": {"type": "string"}}},
  "Detail": {"type": "object", "required": ["detail"], "properties": {
    "detail": {"$ref": "#/components/schemas/DetailContent"}, "request_id": {"type": "string"}}},
  "ErrorAndDetail": {"type": "object", "required": ["error", "detail"], "properties": {
    "error": {"type": "string"}, "detail": {"$ref": "#/components/schemas/DetailContent"},
    "request_id": {"type": "string"}}}
})";

constexpr std::string_view kServer = R"({
  "Status": {"type": "object", "required": ["status"],
    "properties": {"status": {"const": "OK"}}},
  "State": {"enum": ["loading", "ready", "failed", "unloaded"]},
  "EndpointState": {"type": "object", "required": ["name", "task", "state"], "properties": {
    "name": {"type": "string"}, "task": {"type": "string"},
    "state": {"$ref": "#/components/schemas/State"}, "error": {"type": "string"}}},
  "Readiness": {"type": "object", "required": ["status", "models"], "properties": {
    "status": {"enum": ["OK", "loading", "failed", "stopping"]},
    "models": {"type": "array", "items": {"$ref": "#/components/schemas/EndpointState"}}}},
  "ModelReadiness": {"type": "object", "required": ["name", "ready", "status"], "properties": {
    "name": {"type": "string"}, "ready": {"type": "boolean"},
    "status": {"enum": ["OK", "loading", "failed", "stopping"]},
    "state": {"$ref": "#/components/schemas/State"},
    "error": {"type": "string"}, "detail": {"type": "string"}}},
  "Server": {"type": "object",
    "required": ["name", "version", "isa", "cores", "extensions", "models"], "properties": {
      "name": {"const": "filigree"}, "version": {"type": "string"},
      "isa": {"type": "string"}, "cores": {"type": "integer", "minimum": 1},
      "extensions": {"type": "array", "items": {"type": "string"}},
      "models": {"type": "array", "items": {"$ref": "#/components/schemas/EndpointState"}}}},
  "ServerState": {"type": "object", "required": ["in_flight", "queued", "queued_tokens",
      "batches", "batch_tokens", "requests", "tokens", "resident_bytes", "endpoints", "stopping"],
    "properties": {
      "in_flight": {"type": "integer"}, "queued": {"type": "integer"},
      "queued_tokens": {"type": "integer"}, "batches": {"type": "integer"},
      "batch_tokens": {"type": "integer"}, "requests": {"type": "integer"},
      "tokens": {"type": "integer"}, "resident_bytes": {"type": "integer"},
      "endpoints": {"type": "object", 
        "required": ["loading", "ready", "failed", "unloaded"], "properties": {
          "loading": {"type": "integer"}, "ready": {"type": "integer"},
          "failed": {"type": "integer"}, "unloaded": {"type": "integer"}}},
      "stopping": {"type": "boolean"}}},
  "EncoderMatrices": {"type": "object", "required": ["matrices"], "properties": {
    "matrices": {"type": "array", "items": {"type": "object",
      "required": ["layer", "step", "name", "rows", "cols", "nonzeros", "form", "kernel",
        "packed_bytes", "density"],
      "properties": {
        "layer": {"type": "integer", "minimum": 0}, "step": {"type": "string"},
        "name": {"type": "string"}, "rows": {"type": "integer", "minimum": 1},
        "cols": {"type": "integer", "minimum": 1}, "nonzeros": {"type": "integer", "minimum": 0},
        "form": {"type": "string"}, "kernel": {"type": "string"},
        "packed_bytes": {"type": "integer", "minimum": 0},
        "density": {"type": "object", "required": ["height", "width", "cells"], "properties": {
          "height": {"type": "integer", "minimum": 1}, "width": {"type": "integer", "minimum": 1},
          "cells": {"type": "array",
            "items": {"type": "integer", "minimum": 0, "maximum": 1000}}}}}}}}},
  "Configuration": {"type": "object", "required": ["endpoints", "loggers"], "properties": {
    "num_cores": {"type": ["integer", "null"]}, "num_workers": {"type": ["integer", "null"]},
    "integration": {"enum": ["local", "sagemaker"]},
    "engine_thread_pinning": {"enum": ["core", "numa", "none", null]},
    "numa": {"enum": ["replicate", "interleave", "off"]},
    "scheduler": {"enum": ["single_stream", "multi_stream", "elastic", null]},
    "isa": {"type": ["string", "null"]},
    "endpoints": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    "loggers": {"type": "object"}, "hot_reload": {"type": "object"}}},
  "Models": {"type": "object", "required": ["models"], "properties": {
    "models": {"type": "array", "items": {"$ref": "#/components/schemas/Model"}},
    "memory": {"type": "object", "required": ["used_bytes", "max_memory"], "properties": {
      "used_bytes": {"type": "integer"}, "max_memory": {"type": ["integer", "null"]}}}}},
  "MatrixKind": {"type": "object",
    "required": ["form", "kernel", "count", "nonzeros", "packed_bytes"], "properties": {
      "form": {"type": "string"}, "kernel": {"type": "string"}, "count": {"type": "integer"},
      "nonzeros": {"type": "integer"}, "packed_bytes": {"type": "integer"}}},
  "Model": {"type": "object",
    "required": ["name", "task", "state", "versions", "platform", "model", "model_path", "routes"],
    "properties": {
      "name": {"type": "string"}, "task": {"type": "string"},
      "state": {"$ref": "#/components/schemas/State"}, "error": {"type": "string"},
      "detail": {"type": "string"},
      "versions": {"type": "array", "items": {"type": "string"}},
      "platform": {"const": "filigree"},
      "model": {"type": "string"}, "model_path": {"type": "string"},
      "routes": {"type": "array", "items": {"type": "string"}},
      "sequence_length": {"type": "integer"}, "file_bytes": {"type": "integer"},
      "memory_bytes": {"type": "integer"}, "own_bytes": {"type": "integer"},
      "shared_bytes": {"type": "integer"},
      "loading": {"type": "object", "required": ["position", "milliseconds"], "properties": {
        "position": {"type": "integer"}, "milliseconds": {"type": "integer"}}},
      "shortage": {"type": "object", "required": ["needed_bytes", "used_bytes", "max_memory"],
        "properties": {"needed_bytes": {"type": "integer"}, "used_bytes": {"type": "integer"},
          "max_memory": {"type": "integer"}}},
      "sparsity": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
      "layers": {"type": "integer"}, "hidden_size": {"type": "integer"},
      "heads": {"type": "integer"}, "max_positions": {"type": "integer"},
      "matrices": {"type": "array", "items": {"$ref": "#/components/schemas/MatrixKind"}},
      "inputs": {"type": "array", "items": {"$ref": "#/components/schemas/TensorMetadata"}},
      "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/TensorMetadata"}},
      "warnings": {"type": "array", "items": {"type": "string"}},
      "card": {"type": ["object", "null"]}}}
})";

constexpr std::string_view kRequests = R"({
  "Texts": {"type": "array", "minItems": 1, "maxItems": 16384, "items": {"type": "string"}},
  "Timeouts": {"description": "the shortest counts, 0 does not limit", "properties": {
    "timeout_ms": {"type": ["integer", "null"], "minimum": 0, "maximum": 86400000},
    "parameters": {"properties": {
      "timeout_ms": {"type": ["integer", "null"], "minimum": 0, "maximum": 86400000},
      "timeout": {"type": ["integer", "null"], "minimum": 0, "maximum": 86400000000,
        "description": "microseconds, as Triton's clients send it"}}}}},
  "Entity": {"type": "object",
    "required": ["entity", "score", "word", "start", "end", "index", "is_grouped"], "properties": {
      "entity": {"type": "string"}, "score": {"type": "number"}, "word": {"type": "string"},
      "start": {"type": "integer"}, "end": {"type": "integer"},
      "index": {"type": ["integer", "null"]}, "is_grouped": {"type": "boolean"}}},
  "TensorMetadata": {"type": "object", "required": ["name", "datatype", "shape"], "properties": {
    "name": {"type": "string"}, "datatype": {"type": "string"},
    "shape": {"type": "array", "items": {"type": "integer"}}}},
  "TensorRequest": {"type": "object", "required": ["inputs"], "properties": {
    "id": {"type": ["string", "null"]},
    "inputs": {"type": "array", "minItems": 1, "items": {"type": "object",
      "required": ["name", "datatype", "shape", "data"], "properties": {
        "name": {"type": "string"}, "datatype": {"enum": ["INT64", "INT32"]},
        "shape": {"type": "array", "minItems": 2, "maxItems": 2,
          "description": "[batch, tokens]",
          "items": {"type": "integer", "minimum": 1, "maximum": 2147483647}},
        "data": {"type": "array", "description": "flat or nested",
          "items": {"type": ["integer", "array"]}}}}},
    "parameters": {"properties": {"binary_data_output": {"type": "boolean"}}},
    "outputs": {"type": ["array", "null"], "items": {"type": "object", "required": ["name"],
      "properties": {"name": {"type": "string"},
        "parameters": {"properties": {"binary_data": {"type": "boolean"}}}}}}}},
  "TensorResponse": {"type": "object", "required": ["model_name", "outputs"], "properties": {
    "model_name": {"type": "string"}, "id": {"type": "string"},
    "outputs": {"type": "array", "items": {"type": "object",
      "required": ["name", "datatype", "shape"], "properties": {
        "name": {"type": "string"}, "datatype": {"const": "FP32"},
        "parameters": {"type": "object",
          "properties": {"binary_data_size": {"type": "integer", "minimum": 0}}},
        "shape": {"type": "array", "items": {"type": "integer"}},
        "data": {"type": "array", "items": {"type": "number"}}}}}}},
  "BenchmarkRequest": {"type": "object", "properties": {
    "data_type": {"enum": ["dummy", null]}, "batch_size": {"enum": [1, null]},
    "num_streams": {"enum": [1, null]}, "scenario": {"enum": ["sync", null]},
    "gen_sequence_length": {"type": ["number", "null"], "minimum": 1, "maximum": 1000000},
    "warmup_time": {"type": ["number", "null"], "minimum": 0, "maximum": 60, "default": 2},
    "seconds_to_run": {"type": ["number", "null"], "minimum": 0, "maximum": 60, "default": 10}}},
  "BenchmarkResponse": {"type": "array", "minItems": 3, "maxItems": 3,
    "description": "seconds of each stage of each request, seconds in all, streams",
    "items": {"type": ["object", "number"]}},
  "EndpointToAdd": {"type": "object", "required": ["task", "model"], "additionalProperties": false,
    "properties": {
      "task": {"type": "string"},
      "model": {"type": "string", "description": "in the folder of --model-root"},
      "name": {"$ref": "#/components/schemas/Address"},
      "route": {"$ref": "#/components/schemas/Address"},
      "batch_size": {"type": ["integer", "null"], "minimum": 1, "maximum": 2147483647},
      "weight": {"type": ["integer", "null"], "minimum": 1, "maximum": 2147483647},
      "logging_config": {}, "data_logging": {}, "bucketing": {}, "middlewares": {},
      "kwargs": {"type": ["object", "null"]}}},
  "Address": {"type": ["string", "null"], "description": "part of a URL, as it is",
    "pattern": "^/*[^\\u0000-\\u0020/?#%\\u007f][^\\u0000-\\u0020?#%\\u007f]*$"},
  "EndpointToRemove": {"type": "object",
    "anyOf": [{"required": ["route"], "properties": {"route": {"type": "string"}}},
      {"required": ["name"], "properties": {"name": {"type": "string"}}}],
    "properties": {"route": {"type": ["string", "null"]}, "name": {"type": ["string", "null"]}}}
})";

constexpr std::string_view kResponses = R"({
  "RequestTimeout": {"description": "the request took longer than read_timeout_ms",
                           "content" : {
  "application/json" : {
    "schema" : { "$ref" : "#/components/schemas/Refusal" }
  }
}
}
, "BodyTooLarge" : {
  "description" : "the body is larger than max_body_bytes",
  "content" : {"application/json" : {"schema" : {"$ref" : "#/components/schemas/Refusal"}}}
},
                   "HeaderTooLarge" : {
  "description" : "the header is larger than max_header_bytes", "content" : {
    "application/json" : {
      "schema" : { "$ref" : "#/components/schemas/Refusal" }
    }
  }
}
})";

constexpr std::string_view kHeaders = R"({
  "Milliseconds": {"schema": {"type": "number"}, "description": "milliseconds"},
  "Tokens": {"schema": {"type": "integer"}, "description": "tokens that were computed"},
  "RequestId": {"schema": {"type": "string"},
    "description": "the client's x-request-id when it is plain, else one of the server"},
  "RetryAfter": {"schema": {"type": "integer"}, "description": "seconds"}
})";

Json json_of(std::string_view text) { return std::get<Json>(parse_json(text)); }

}  // namespace

Json openapi_components() {
  Json schemas = Json::object({});
  for (const std::string_view part : {kErrors, kServer, kRequests}) {
    const Json json = json_of(part);
    for (const auto& [name, schema] : *json.as_object()) schemas.add(name, schema);
  }
  return Json::object(
      {{"schemas", std::move(schemas)},
       {"responses", json_of(kResponses)},
       {"headers", json_of(kHeaders)},
       {"securitySchemes",
        Json::object({{"apiKey", Json::object({{"type", "http"}, {"scheme", "bearer"}})}})}});
}

}  // namespace filigree::serve
