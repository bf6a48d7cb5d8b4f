// The inputs of an Open Inference request on arbitrary bytes: numbers that fit their shape, or
// errors. The first two bytes say how much of the rest is JSON.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "serve/tasks/tensor_inputs.h"

namespace filigree::serve {
namespace {

bool fits(const TensorInput& input) {
  return input.shape.size() == 2 &&
         input.values.size() == static_cast<std::size_t>(input.shape[0] * input.shape[1]);
}

void read(std::string_view text, std::string_view raw) {
  const auto json = parse_json(text);
  if (std::holds_alternative<JsonError>(json)) return;
  const std::vector<std::string> names = {"input_ids", "attention_mask", "token_type_ids"};
  FieldErrors errors;
  const auto inputs = read_tensor_inputs(std::get<Json>(json), raw, names, errors);
  if (inputs.has_value() != errors.empty()) std::abort();
  if (!inputs) return;
  if (!fits(inputs->ids) || (inputs->mask && !fits(*inputs->mask)) ||
      (inputs->types && !fits(*inputs->types)))
    std::abort();
}

}  // namespace
}  // namespace filigree::serve

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t length = std::min<std::size_t>(data[0] + 256U * data[1], body.size());
  filigree::serve::read(body.substr(0, length), body.substr(length));
  return 0;
}
