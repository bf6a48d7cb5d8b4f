// Checked reading of JSON from files and pipes. `where` begins every message: file and line, or the
// path of a field.
#pragma once

#include <string>
#include <string_view>

#include "serve/json.h"

namespace filigree::tools {

using serve::Json;

// The whole of `text` as one JSON value. Throws InputError with the byte offset and the reason.
Json json_of(std::string_view text, const std::string& where);

// A member of an object. Throws InputError naming the field, what was found and what is expected.
const std::string& string_member(const Json& object, std::string_view name,
                                 const std::string& where);
const Json::Array& array_member(const Json& object, std::string_view name,
                                const std::string& where);

bool is_blank(std::string_view line) noexcept;

}  // namespace filigree::tools
