// The input tensors of an Open Inference request: token ids, mask and token types as numbers, in
// JSON or in the bytes that follow it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/json.h"
#include "serve/tasks/request_fields.h"

namespace filigree::serve {

enum class TensorRole { kIds, kMask, kTypes };

// By the names that exporters give: input_ids, attention_mask, token_type_ids, segment_ids.
TensorRole tensor_role(std::string_view name) noexcept;

struct TensorInput {
  std::string name;
  std::vector<std::int64_t> shape;   // [batch, tokens]
  std::vector<std::int64_t> values;  // batch times tokens, each within 32 bits
};

struct TensorInputs {
  TensorInput ids;
  std::optional<TensorInput> mask, types;  // of the shape of ids
};

// `inputs` of the request, INT64 or INT32, each with a list of `data`, or with
// parameters.binary_data_size: then its numbers are the next so many bytes of `raw`, little-endian,
// in the order of the inputs. Every byte of `raw` must belong to one. `names` are the model's
// inputs. nullopt when something is wrong: input, found and expected are added to `errors`.
std::optional<TensorInputs> read_tensor_inputs(const Json& request, std::string_view raw,
                                               std::span<const std::string> names,
                                               FieldErrors& errors);

}  // namespace filigree::serve
