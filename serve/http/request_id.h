// Names of requests, for logs and error messages.
#pragma once

#include <string>
#include <string_view>

namespace filigree::serve {

// `given` when it has 1 to 64 letters, digits, '-', '_' or '.'; else a fresh one of 16 hexadecimal
// digits. Thread-safe.
std::string request_id(std::string_view given);

}  // namespace filigree::serve
