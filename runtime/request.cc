#include "runtime/request.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>

#include "loader/graph.h"
#include "runtime/encoder.h"

namespace filigree::runtime {
namespace {

constexpr std::size_t kUnknown = std::numeric_limits<std::int32_t>::max();

// What the embedding tables have rows for. A model without a recognised encoder checks its own ids
// when it gathers.
struct IdLimits {
  std::size_t vocabulary = kUnknown;
  std::size_t types = kUnknown;
  std::size_t positions = kUnknown;
};

IdLimits id_limits(const loader::Model& model) {
  IdLimits limits;
  if (!model.encoder) return limits;
  limits.positions = model.encoder->max_positions;
  for (const loader::Embeddings::Table& table : model.encoder->embeddings.tables) {
    std::size_t& limit = table.input == loader::EmbeddingInput::kWord        ? limits.vocabulary
                         : table.input == loader::EmbeddingInput::kTokenType ? limits.types
                                                                             : limits.positions;
    limit = std::min(limit, table.view.rows);
  }
  return limits;
}

std::optional<std::string> id_error(std::span<const std::int32_t> ids, std::size_t limit,
                                    const std::string& what) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= 0 && static_cast<std::size_t>(ids[i]) < limit) continue;
    return what + " " + std::to_string(ids[i]) + " at position " + std::to_string(i) +
           ", expected 0 to " + std::to_string(limit - 1);
  }
  return std::nullopt;
}

std::optional<std::string> mask_error(const Sequence& sequence) {
  const std::vector<std::uint8_t>& mask = sequence.mask;
  if (mask.empty()) return std::nullopt;
  if (mask.size() != sequence.ids.size())
    return std::to_string(mask.size()) + " mask values, expected " +
           std::to_string(sequence.ids.size()) + ", one for each token";
  const auto strange = std::ranges::find_if(mask, [](std::uint8_t value) { return value > 1; });
  if (strange != mask.end())
    return "mask value " + std::to_string(*strange) + " at position " +
           std::to_string(strange - mask.begin()) + ", expected 0 or 1";
  if (std::ranges::find(mask, std::uint8_t{1}) == mask.end())
    return "a mask without a 1: nothing is left to attend to";
  return std::nullopt;
}

std::optional<std::string> sequence_error(const Sequence& sequence, const IdLimits& limits) {
  const std::size_t length = sequence.ids.size();
  if (length == 0) return "no tokens, expected at least 1";
  if (length > limits.positions)
    return std::to_string(length) + " tokens, the model takes at most " +
           std::to_string(limits.positions);
  if (!sequence.type_ids.empty() && sequence.type_ids.size() != length)
    return std::to_string(sequence.type_ids.size()) + " type ids, expected " +
           std::to_string(length) + ", one for each token";
  if (auto error = mask_error(sequence)) return error;
  if (auto error = id_error(sequence.ids, limits.vocabulary, "token id")) return error;
  return id_error(sequence.type_ids, limits.types, "type id");
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text.append(text.empty() ? "" : ", ").append(loader::quoted_name(name));
  return text;
}

}  // namespace

const loader::Tensor& output_named(const loader::Model& model, const SequenceOutput& output,
                                   std::string_view name) {
  const auto found = std::ranges::find(model.output_names, name);
  if (found == model.output_names.end())
    throw std::invalid_argument("the model has no output " + loader::quoted_name(name) +
                                ", expected one of " + joined(model.output_names));
  return output.tensors.at(static_cast<std::size_t>(found - model.output_names.begin()));
}

std::optional<std::string> request_error(const Request& request) {
  if (request.model == nullptr) return "the request names no model";
  if (!(request.weight > 0 && std::isfinite(request.weight)))
    return "the request has weight " + std::to_string(request.weight) +
           ", expected a positive number";
  const auto& encoder = request.model->encoder;
  if (encoder && encoder->embeddings.tables.size() > kMaxEmbeddingTables)
    return "the model sums " + std::to_string(encoder->embeddings.tables.size()) +
           " embedding tables, at most " + std::to_string(kMaxEmbeddingTables) + " are supported";
  const IdLimits limits = id_limits(*request.model);
  for (std::size_t i = 0; i < request.sequences.size(); ++i)
    if (auto error = sequence_error(request.sequences[i], limits))
      return "sequence " + std::to_string(i) + " has " + *error;
  return std::nullopt;
}

}  // namespace filigree::runtime
