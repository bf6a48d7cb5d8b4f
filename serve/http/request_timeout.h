// How long a client waits for its answer, as its request says it.
#pragma once

#include <chrono>
#include <optional>
#include <variant>
#include <vector>

#include "serve/http/message.h"
#include "serve/json.h"
#include "serve/tasks/task.h"

namespace filigree::serve {

// nullopt: for ever.
using RequestTimeout = std::optional<std::chrono::microseconds>;

// The shortest of the header x-request-timeout-ms and of the body's members timeout_ms,
// parameters.timeout_ms and parameters.timeout (microseconds, as Triton's clients send it); 0 does
// not limit. `fallback` when there is none of them, where 0 does not limit either. Errors: what is
// no whole number from 0 to a day.
std::variant<RequestTimeout, std::vector<FieldError>> request_timeout(
    const HttpRequest& request, const Json& body, std::chrono::milliseconds fallback);

}  // namespace filigree::serve
