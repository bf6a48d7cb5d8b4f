// The parts of openapi.json that are the same on every server.
#pragma once

#include "serve/json.h"

namespace filigree::serve {

// Members `schemas`, `responses` and `headers` of the components object; `securitySchemes` with one
// named `apiKey`.
Json openapi_components();

}  // namespace filigree::serve
