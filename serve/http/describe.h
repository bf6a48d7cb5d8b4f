// What the server tells about itself, as JSON.
#pragma once

#include <cstddef>
#include <vector>

#include "serve/config/config.h"
#include "serve/http/backend.h"
#include "serve/http/catalog.h"
#include "serve/http/router.h"
#include "serve/json.h"

namespace filigree::serve {

// One endpoint: name, task, paths, state, and once it is ready what its model is made of.
Json describe_endpoint(const EndpointConfig& endpoint, const std::vector<std::string>& infer_paths,
                       const EndpointState& state);

// {"position", "milliseconds"}: what LoadProgress says.
Json describe_progress(const LoadProgress& progress);

// {"needed_bytes", "used_bytes", "max_memory"}.
Json describe_shortage(const MemoryShortage& shortage);

// {"used_bytes", "max_memory"}, the latter null without a limit.
Json describe_memory(const ResidentModels& models);

// GET /v2: the server, and name, task, state and error of every endpoint.
Json describe_server(const Config& config, const Backend& backend, const Catalog& catalog);

// {"status": "OK" | "loading" | "failed" | "stopping", "models": [{"name", "state", "error"}]}.
Json describe_readiness(const Config& config, const Catalog& catalog, std::string_view status);

}  // namespace filigree::serve
