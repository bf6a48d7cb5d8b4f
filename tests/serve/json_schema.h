// As much of JSON Schema as openapi.json uses.
#pragma once

#include <string>

#include "serve/json.h"

namespace filigree::serve {

// What is wrong with `value`, "at: message" joined by "; ", or empty. References are looked up in
// `document` ("#/a/b"). Throws std::runtime_error on a keyword that it does not know, or a
// reference that leads nowhere, wherever it comes by.
std::string schema_errors(const Json& document, const Json& schema, const Json& value,
                          const std::string& at = "");

// The part of `document` that "#/a/b" refers to, or nullptr.
const Json* referred(const Json& document, const std::string& reference);

}  // namespace filigree::serve
