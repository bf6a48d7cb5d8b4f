// Tokens and their ids, in both directions. Ids may have holes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace filigree::tokenizer {

// Larger ids are refused: the table of tokens has one entry for each id up to the largest.
inline constexpr std::int32_t kMaxTokenId = (1 << 24) - 1;

// Movable only: its views look into its own texts.
class Vocabulary {
 public:
  Vocabulary() = default;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  enum class Added { kYes, kTokenExists, kIdExists };

  // Precondition: 0 <= id <= kMaxTokenId.
  Added add(std::string token, std::int32_t id);

  // One more than the largest id.
  std::size_t size() const noexcept { return tokens_.size(); }
  // Number of tokens.
  std::size_t count() const noexcept { return ids_.size(); }
  // "" where there is none.
  std::string_view token(std::int32_t id) const noexcept;
  bool has_id(std::int32_t id) const noexcept;
  std::optional<std::int32_t> id(std::string_view token) const noexcept;

 private:
  std::deque<std::string> texts_;  // what the views below look at; never moves
  std::unordered_map<std::string_view, std::int32_t> ids_;
  std::vector<std::optional<std::string_view>> tokens_;
};

}  // namespace filigree::tokenizer
