// Numbers of JSON that count something.
#pragma once

#include <cstdint>
#include <optional>

#include "serve/json.h"

namespace filigree::serve {

// The number when it is a whole one, however it is written: 7, 7.0 and 0.7e1 are the same in JSON.
// nullopt for everything else.
std::optional<std::int64_t> whole_number(const Json& value) noexcept;

}  // namespace filigree::serve
