// The states of models and the memory they take, as Prometheus reads them.
#pragma once

#include <cstddef>
#include <string>

#include "serve/config/config.h"
#include "serve/http/catalog.h"

namespace filigree::serve {

// For every endpoint, whose name is the label `model`: filigree_model_state, 1 for the state it is
// in and 0 for the others, and while it is loaded filigree_model_bytes of kind own and shared
// (model_bytes.h). Endpoints of one folder have the same model and the same bytes.
std::string model_metrics_text(const Config& config, const Catalog& catalog);

// Of all models together, everything counted once; `waiting` requests wait for theirs to be loaded.
std::string memory_metrics_text(const ResidentModels& models, std::size_t waiting);

}  // namespace filigree::serve
