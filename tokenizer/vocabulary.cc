#include "tokenizer/vocabulary.h"

#include <cassert>
#include <utility>

namespace filigree::tokenizer {

Vocabulary::Added Vocabulary::add(std::string token, std::int32_t id) {
  assert(id >= 0 && id <= kMaxTokenId);
  if (ids_.contains(token)) return Added::kTokenExists;
  if (has_id(id)) return Added::kIdExists;
  const std::string_view text = texts_.emplace_back(std::move(token));
  ids_.emplace(text, id);
  const auto index = static_cast<std::size_t>(id);
  if (index >= tokens_.size()) tokens_.resize(index + 1);
  tokens_[index] = text;
  return Added::kYes;
}

std::string_view Vocabulary::token(std::int32_t id) const noexcept {
  return has_id(id) ? *tokens_[static_cast<std::size_t>(id)] : std::string_view();
}

bool Vocabulary::has_id(std::int32_t id) const noexcept {
  return id >= 0 && static_cast<std::size_t>(id) < tokens_.size() &&
         tokens_[static_cast<std::size_t>(id)].has_value();
}

std::optional<std::int32_t> Vocabulary::id(std::string_view token) const noexcept {
  const auto entry = ids_.find(token);
  if (entry == ids_.end()) return std::nullopt;
  return entry->second;
}

}  // namespace filigree::tokenizer
