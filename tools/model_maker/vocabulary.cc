#include "tools/model_maker/vocabulary.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "tools/model_maker/bundled_vocabulary.h"

namespace filigree::tools {
namespace {

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    result.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

bool is_ascii(std::string_view token) {
  return std::ranges::all_of(token, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The lower, the more a small vocabulary needs the token.
int rank(std::string_view token) {
  if (!is_ascii(token)) return 2;
  const bool continues = token.size() > 2 && token.starts_with("##");
  return token.size() - (continues ? 2 : 0) == 1 ? 0 : 1;
}

// In brackets: special, or never used.
bool is_reserved(std::string_view token) {
  return token.size() > 2 && token.starts_with('[') && token.ends_with(']');
}

std::vector<std::string> ordered_specials(Family family) {
  const SpecialTokens special = special_tokens(family);
  // RoBERTa's ids are 0 for the first token, 1 for padding, 2 for the separator, 3 for unknown.
  if (family == Family::kRoberta)
    return {special.first, special.pad, special.separator, special.unknown, special.mask};
  return {special.pad, special.unknown, special.first, special.separator, special.mask};
}

}  // namespace

SpecialTokens special_tokens(Family family) {
  if (family == Family::kRoberta) return {"<pad>", "<unk>", "<s>", "</s>", "<mask>"};
  return {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
}

std::vector<std::string> make_vocabulary(Family family, std::size_t size) {
  std::vector<std::string_view> bundled = lines(bundled_vocabulary());
  if (family != Family::kRoberta && size == bundled.size()) return {bundled.begin(), bundled.end()};
  std::ranges::stable_sort(bundled, {}, rank);
  std::vector<std::string> tokens = ordered_specials(family);
  const std::unordered_set<std::string> special(tokens.begin(), tokens.end());
  for (const std::string_view token : bundled) {
    if (tokens.size() == size) break;
    if (!is_reserved(token) && !special.contains(std::string(token))) tokens.emplace_back(token);
  }
  for (std::size_t extra = 0; tokens.size() < size; ++extra)
    tokens.push_back("[extra" + std::to_string(extra) + "]");
  return tokens;
}

}  // namespace filigree::tools
