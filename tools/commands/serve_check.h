// `filigree serve --check`: what a configuration would load and serve, without serving it.
#pragma once

#include "serve/config/config.h"
#include "serve/http/resident_models.h"
#include "tools/cli/console.h"
#include "tools/cli/errors.h"

namespace filigree::tools {

// Loads every model as a server with these limits would, one after another, and prints, for each
// endpoint, its addresses and its model. Requires config.isa. Throws ConfigError when two endpoints
// are at one address, InputError when an endpoint cannot be served.
ExitCode check_configuration(const serve::Config& config, const serve::ModelLimits& limits,
                             Console& console);

}  // namespace filigree::tools
