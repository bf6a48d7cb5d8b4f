// One endpoint more or less, as requests to a running server ask for it. The body is an endpoint of
// the configuration file written as JSON.
#pragma once

#include <filesystem>
#include <stdexcept>

#include "serve/config/config.h"
#include "serve/config/yaml_tree.h"
#include "serve/json.h"

namespace filigree::serve {

// No endpoint is at the route or has the name that was given.
class NoSuchEndpoint : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `config` with one endpoint more, called endpoint-N when it has no name. Its model must lie in
// `model_root`, links followed; a relative path is seen from there. Throws ConfigError.
Config with_endpoint(Config config, const Json& endpoint, const std::filesystem::path& model_root);

// `config` without the endpoint of this `route` or, when none is given, `name`. As the route counts
// that of the endpoint, and each path of /v2/models that it has. Throws NoSuchEndpoint and, when
// neither is given, ConfigError.
Config without_endpoint(Config config, const Json& endpoint);

}  // namespace filigree::serve
