// One endpoint of a configuration.
#pragma once

#include <string>

#include "serve/config/config.h"
#include "serve/config/yaml_tree.h"

namespace filigree::serve {

// Appends to `config` the endpoint that `node` describes, its model found by config.search, and its
// warnings. Names and routes that `config` has are taken. Throws ConfigError, as of a `file`; then
// `config` is as it was.
void read_endpoint(const YamlNode& node, const std::string& file, Config& config);

}  // namespace filigree::serve
