// JSON values written as YAML for people: blocks, two spaces a level.
#pragma once

#include <string>

#include "serve/json.h"

namespace filigree::serve {

// Reads back, with parse_yaml() and to_json(), as `value` without the members of objects that are
// null. Text is always quoted, so that none of it is taken for a number or a boolean. Ends with a
// newline.
std::string to_yaml(const Json& value);

}  // namespace filigree::serve
