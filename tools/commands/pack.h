// `filigree pack`: a packed model to give away.
#pragma once

#include "tools/commands/commands.h"

namespace filigree::tools {

Command pack_command();

}  // namespace filigree::tools
