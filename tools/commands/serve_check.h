// `filigree serve --check`: what a configuration would load and serve, without serving it.
#pragma once

#include "serve/config/config.h"
#include "tools/cli/console.h"
#include "tools/cli/errors.h"

namespace filigree::tools {

// Loads every model as the server would and prints, for each endpoint, its addresses and its model.
// Requires config.isa. Throws ConfigError when two endpoints are at one address, InputError when an
// endpoint cannot be served.
ExitCode check_configuration(const serve::Config& config, Console& console);

}  // namespace filigree::tools
