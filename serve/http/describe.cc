#include "serve/http/describe.h"

#include <algorithm>

#include "serve/http/model_bytes.h"
#include "serve/http/version.h"
#include "serve/tasks/tensor_request.h"

namespace filigree::serve {
namespace {

// Fraction of zeros in all matrices; null when there are none.
Json sparsity(const loader::Model& model) {
  double weights = 0;
  double nonzeros = 0;
  for (const loader::MatrixInfo& matrix : model.matrices) {
    weights += static_cast<double>(matrix.rows) * static_cast<double>(matrix.cols);
    nonzeros += static_cast<double>(matrix.nonzeros);
  }
  return weights > 0 ? Json(1 - nonzeros / weights) : Json();
}

// Matrices of one form and kernel together.
Json matrix_summary(const loader::Model& model) {
  struct Kind {
    const loader::MatrixInfo* first;
    std::size_t count = 0, nonzeros = 0, packed_bytes = 0;
  };
  std::vector<Kind> kinds;
  for (const loader::MatrixInfo& matrix : model.matrices) {
    auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& known) {
      return known.first->form == matrix.form && known.first->kernel == matrix.kernel;
    });
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), Kind{.first = &matrix});
    ++kind->count;
    kind->nonzeros += matrix.nonzeros;
    kind->packed_bytes += matrix.packed_bytes;
  }
  Json summary = Json::array({});
  for (const Kind& kind : kinds)
    summary.add(Json::object({{"form", kind.first->form},
                              {"kernel", kind.first->kernel},
                              {"count", kind.count},
                              {"nonzeros", kind.nonzeros},
                              {"packed_bytes", kind.packed_bytes}}));
  return summary;
}

Json strings(const std::vector<std::string>& values) {
  Json array = Json::array({});
  for (const std::string& value : values) array.add(value);
  return array;
}

void add_model(Json& json, const EndpointState& state) {
  const loader::Model& model = *state.loaded->parts.model;
  json.add("sequence_length", state.ready.sequence_length);
  json.add("file_bytes", model.file_bytes);
  json.add("memory_bytes", model.memory_bytes);
  const ModelBytes bytes = model_bytes(model);
  json.add("own_bytes", bytes.own);
  json.add("shared_bytes", bytes.shared);
  json.add("sparsity", sparsity(model));
  if (model.encoder) {
    json.add("layers", model.encoder->layers.size());
    json.add("hidden_size", model.encoder->hidden_size);
    json.add("heads", model.encoder->heads);
    json.add("max_positions", model.encoder->max_positions);
  }
  json.add("matrices", matrix_summary(model));
  json.add("inputs", tensor_inputs(model));
  json.add("outputs", tensor_outputs(model));
  json.add("warnings", strings(model.warnings));
  json.add("card", state.loaded->card);
}

Json brief(const EndpointConfig& endpoint, const EndpointState& state) {
  Json json = Json::object({{"name", endpoint.name},
                            {"task", task_name(task_of(endpoint.options))},
                            {"state", state_name(state.kind)}});
  if (state.kind == EndpointState::Kind::kFailed) json.add("error", state.error);
  return json;
}

Json brief_list(const Config& config, const Catalog& catalog) {
  const auto states = catalog.states();
  Json list = Json::array({});
  for (std::size_t i = 0; i < states.size(); ++i) list.add(brief(config.endpoints[i], *states[i]));
  return list;
}

}  // namespace

Json describe_endpoint(const EndpointConfig& endpoint, const std::vector<std::string>& infer_paths,
                       const EndpointState& state) {
  Json json = brief(endpoint, state);
  json.add("versions", Json::array({"1"}));
  json.add("platform", "filigree");
  json.add("model", endpoint.model);
  json.add("model_path", endpoint.model_path.string());
  json.add("routes", strings(infer_paths));
  if (state.kind == EndpointState::Kind::kReady) add_model(json, state);
  return json;
}

Json describe_progress(const LoadProgress& progress) {
  return Json::object({{"position", progress.position}, {"milliseconds", progress.time.count()}});
}

Json describe_shortage(const MemoryShortage& shortage) {
  return Json::object({{"needed_bytes", shortage.needed},
                       {"used_bytes", shortage.used},
                       {"max_memory", shortage.limit}});
}

Json describe_memory(const ResidentModels& models) {
  const auto limit = models.limits().max_memory;
  return Json::object(
      {{"used_bytes", models.used_bytes()}, {"max_memory", limit ? Json(*limit) : Json()}});
}

Json describe_server(const Config& config, const Backend& backend, const Catalog& catalog) {
  return Json::object({{"name", "filigree"},
                       {"version", version()},
                       {"isa", backend.isa},
                       {"cores", backend.cores},
                       {"extensions", Json::array({"binary_tensor_data"})},
                       {"models", brief_list(config, catalog)}});
}

Json describe_readiness(const Config& config, const Catalog& catalog, std::string_view status) {
  return Json::object({{"status", status}, {"models", brief_list(config, catalog)}});
}

}  // namespace filigree::serve
