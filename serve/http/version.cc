#include "serve/http/version.h"

namespace filigree::serve {

std::string_view version() noexcept { return FILIGREE_VERSION; }

}  // namespace filigree::serve
