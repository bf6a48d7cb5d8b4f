// Reading a request: every member that is missing or has another type becomes a FieldError.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/json.h"
#include "serve/tasks/task.h"

namespace filigree::serve {

using FieldErrors = std::vector<FieldError>;

// More sequences than this in one request would hold its endpoint for long, and cost memory before
// any is computed.
inline constexpr std::size_t kMostSequences = 16384;

// True for an object. Else adds the error; `members` is for the message: "'inputs'".
bool expect_object(const Json& request, const std::string& members, FieldErrors& errors);

// The member, which must be there and not null; else nullptr and an error.
const Json* required_member(const Json& request, const std::string& name, FieldErrors& errors);

// nullopt when it is absent or null, or another type, which is an error.
std::optional<std::string> optional_text(const Json& request, const std::string& name,
                                         FieldErrors& errors);
std::optional<bool> optional_boolean(const Json& request, const std::string& name,
                                     FieldErrors& errors);

FieldError wrong_type(std::vector<FieldStep> location, const std::string& expected,
                      const Json& found, std::string type);

// Adds the error of a list that is empty or has more than kMostSequences items.
bool expect_usable_size(const Json::Array& list, const std::string& name, FieldErrors& errors);

struct Texts {
  std::vector<std::string> texts;  // at least one, when there is no error
  bool is_list = false;            // false: the member was one string
};

// A string, or a list of 1 to kMostSequences strings.
Texts read_texts(const Json& value, const std::string& name, FieldErrors& errors);

// Adds "warning" unless it is empty.
void add_warning(Json& answer, const std::string& warning);

// The double whose shortest text is also the shortest text of `value`: 0.1f becomes 0.1, not
// 0.10000000149.
double shortest(float value);

}  // namespace filigree::serve
