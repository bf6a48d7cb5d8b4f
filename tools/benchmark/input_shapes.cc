#include "tools/benchmark/input_shapes.h"

#include "tools/cli/errors.h"
#include "tools/cli/json.h"

namespace filigree::tools {
namespace {

[[noreturn]] void fail(const std::string& text, const std::string& expected) {
  throw UsageError("flag '--input-shapes' is '" + text + "', expected " + expected);
}

std::size_t dimension(const Json& value, const std::string& text) {
  const std::int64_t* number = value.as_integer();
  if (number == nullptr || *number < 1 || *number > (1 << 20))
    fail(text, "dimensions from 1 to 1048576");
  return static_cast<std::size_t>(*number);
}

}  // namespace

BatchShape parse_input_shapes(const std::string& text) {
  const auto parsed = serve::parse_json("[" + text + "]");
  const Json* json = std::get_if<Json>(&parsed);
  const std::string example = "shapes such as [1,128] or [1,128],[1,128],[1,128]";
  if (json == nullptr || json->as_array()->empty()) fail(text, example);
  BatchShape first;
  for (const Json& value : *json->as_array()) {
    const Json::Array* shape = value.as_array();
    if (shape == nullptr || shape->size() != 2) fail(text, example);
    const BatchShape found{dimension((*shape)[0], text), dimension((*shape)[1], text)};
    if (first.batch_size == 0) first = found;
    if (found.batch_size != first.batch_size || found.tokens != first.tokens)
      fail(text, "the same shape for every input: ids, mask and types belong together");
  }
  return first;
}

}  // namespace filigree::tools
