// The built-in functions of DeepSparse's data logging.
#pragma once

#include <cstdint>
#include <optional>

#include "serve/config/logging.h"
#include "serve/http/infer.h"
#include "serve/json.h"

namespace filigree::serve {

// What `log` says of a request: a number, or whatever lies there for kIdentity; a list where the
// function is given a list. nullopt when the request has no such part, or it is of another type.
std::optional<Json> logged_value(const DataLog& log, const AnsweredRequest& request,
                                 std::optional<std::int32_t> unknown_token);

}  // namespace filigree::serve
