#include "serve/http/model_metrics.h"

#include <memory>
#include <vector>

#include "serve/http/model_bytes.h"
#include "serve/http/prometheus_text.h"

namespace filigree::serve {
namespace {

using States = std::vector<std::shared_ptr<const EndpointState>>;

std::string label(const Config& config, std::size_t endpoint) {
  return "{model=\"" + prometheus::escaped(config.endpoints[endpoint].name) + "\"";
}

void add_states(std::string& text, const Config& config, const States& states) {
  prometheus::head(text, "filigree_model_state", "gauge", "1 for the state the model is in.");
  for (std::size_t i = 0; i < states.size(); ++i)
    for (const EndpointState::Kind kind : kEndpointStates)
      prometheus::line(text,
                       "filigree_model_state" + label(config, i) + ",state=\"" +
                           std::string(state_name(kind)) + "\"}",
                       states[i]->kind == kind ? "1" : "0");
}

void add_bytes(std::string& text, const Config& config, const States& states) {
  prometheus::head(text, "filigree_model_bytes", "gauge",
                   "Memory of a loaded model that is its own, and that others use, too.");
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i]->loaded == nullptr) continue;
    const ModelBytes bytes = model_bytes(*states[i]->loaded->parts.model);
    const std::string series = "filigree_model_bytes" + label(config, i) + ",kind=\"";
    prometheus::line(text, series + "own\"}", std::to_string(bytes.own));
    prometheus::line(text, series + "shared\"}", std::to_string(bytes.shared));
  }
}

void add_single(std::string& text, const std::string& name, const char* type, const char* help,
                std::size_t value) {
  prometheus::head(text, name, type, help);
  prometheus::line(text, name, std::to_string(value));
}

}  // namespace

std::string model_metrics_text(const Config& config, const Catalog& catalog) {
  const States states = catalog.states();
  std::string text;
  add_states(text, config, states);
  add_bytes(text, config, states);
  return text;
}

std::string memory_metrics_text(const ResidentModels& models, std::size_t waiting) {
  std::string text;
  add_single(text, "filigree_models_memory_bytes", "gauge",
             "Memory of all loaded models, what they share counted once.", models.used_bytes());
  if (const auto limit = models.limits().max_memory)
    add_single(text, "filigree_models_memory_limit_bytes", "gauge", "max_memory.", *limit);
  add_single(text, "filigree_model_unloads_total", "counter", "Models that made room for others.",
             models.unloads());
  add_single(text, "filigree_requests_waiting_for_model", "gauge",
             "Requests whose model is being loaded.", waiting);
  return text;
}

}  // namespace filigree::serve
