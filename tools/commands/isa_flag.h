// The flag --isa of every command that computes.
#pragma once

#include <optional>

#include "serve/config/isa_choice.h"
#include "tools/cli/arguments.h"

namespace filigree::tools {

Flag isa_flag();

// --isa, else FILIGREE_ISA, else what the configuration says, else the best this CPU has
// (serve/config/isa_choice.h). Throws ConfigError.
serve::IsaRequest chosen_isa(const Arguments& arguments,
                             std::optional<serve::IsaRequest> configured = std::nullopt);

}  // namespace filigree::tools
