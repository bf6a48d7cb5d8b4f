#include "tools/comparison/token_lines.h"

#include <algorithm>
#include <limits>

#include "tools/cli/errors.h"
#include "tools/cli/json.h"

namespace filigree::tools {
namespace {

std::vector<std::int32_t> numbers(const Json& object, std::string_view name,
                                  const std::string& where) {
  std::vector<std::int32_t> values;
  for (const Json& item : array_member(object, name, where)) {
    const std::int64_t* value = item.as_integer();
    if (value == nullptr || *value < 0 || *value > std::numeric_limits<std::int32_t>::max())
      throw InputError(where + ": field '" + std::string(name) + "': item " +
                       std::to_string(values.size()) + " is " + serve::to_text(item) +
                       ", expected a whole number from 0 to 2147483647");
    values.push_back(static_cast<std::int32_t>(*value));
  }
  return values;
}

}  // namespace

std::vector<runtime::Sequence> parse_token_lines(std::string_view text, const std::string& where) {
  std::vector<runtime::Sequence> sequences;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (is_blank(line)) continue;
    const std::string place = where + ": line " + std::to_string(number);
    const Json object = json_of(line, place);
    runtime::Sequence sequence{.ids = numbers(object, "ids", place), .type_ids = {}};
    if (object.find("type_ids") != nullptr) sequence.type_ids = numbers(object, "type_ids", place);
    sequences.push_back(std::move(sequence));
  }
  if (sequences.empty()) throw InputError(where + ": found no line, expected {\"ids\": [...]}");
  return sequences;
}

}  // namespace filigree::tools
