#include "tools/evaluation/squad_metric.h"

#include <utf8proc.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <vector>

#include "tokenizer/utf8.h"

namespace filigree::tools {
namespace {

constexpr std::string_view kPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

// A letter or number: what bounds a word, the underscore being gone with the punctuation.
bool is_word(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

std::u32string lower_without_punctuation(std::string_view text) {
  std::u32string kept;
  for (std::size_t at = 0; at < text.size();) {
    const auto decoded = tokenizer::decode_utf8(text, at);
    at += decoded.bytes;
    const char32_t c = decoded.value;
    if (c == 0x130) {  // the one capital whose lower case is two code points
      kept += U"i\u0307";
    } else if (c >= 0x80 || kPunctuation.find(static_cast<char>(c)) == std::string_view::npos) {
      kept += static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
    }
  }
  return kept;
}

bool is_article(std::u32string_view word) {
  return word == U"a" || word == U"an" || word == U"the";
}

std::u32string without_articles(std::u32string_view text) {
  std::u32string kept;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    const std::u32string_view word = text.substr(at, end - at);
    if (is_article(word)) {
      kept += U' ';
    } else {
      kept += word;
    }
    if (end < text.size()) kept += text[end++];
    at = end;
  }
  return kept;
}

void append_utf8(std::string& out, char32_t c) {
  utf8proc_uint8_t bytes[4];
  const auto count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
}

std::vector<std::string_view> words(std::string_view normalized) {
  std::vector<std::string_view> found;
  while (!normalized.empty()) {
    const std::size_t end = std::min(normalized.find(' '), normalized.size());
    found.push_back(normalized.substr(0, end));
    normalized.remove_prefix(std::min(end + 1, normalized.size()));
  }
  return found;
}

double normalized_f1(std::string_view prediction, std::string_view answer) {
  const auto predicted = words(prediction), expected = words(answer);
  std::map<std::string_view, std::size_t> left;
  for (const auto word : expected) ++left[word];
  std::size_t common = 0;
  for (const auto word : predicted) {
    const auto found = left.find(word);
    if (found == left.end() || found->second == 0) continue;
    --found->second;
    ++common;
  }
  if (common == 0) return 0;
  const double precision = static_cast<double>(common) / static_cast<double>(predicted.size());
  const double recall = static_cast<double>(common) / static_cast<double>(expected.size());
  return 2 * precision * recall / (precision + recall);
}

}  // namespace

std::string normalized_answer(std::string_view text) {
  std::string normalized;
  bool pending_space = false;
  for (const char32_t c : without_articles(lower_without_punctuation(text))) {
    if (is_space(c)) {
      pending_space = !normalized.empty();
      continue;
    }
    if (pending_space) normalized += ' ';
    pending_space = false;
    append_utf8(normalized, c);
  }
  return normalized;
}

double word_f1(std::string_view prediction, std::string_view answer) {
  return normalized_f1(normalized_answer(prediction), normalized_answer(answer));
}

bool exact_match(std::string_view prediction, std::string_view answer) {
  return normalized_answer(prediction) == normalized_answer(answer);
}

SquadScore squad_score(std::string_view prediction, std::span<const std::string> answers) {
  assert(!answers.empty());
  const std::string predicted = normalized_answer(prediction);
  SquadScore best;
  for (const std::string& answer : answers) {
    const std::string expected = normalized_answer(answer);
    if (predicted == expected) best.exact_match = 1;
    best.f1 = std::max(best.f1, normalized_f1(predicted, expected));
  }
  return best;
}

}  // namespace filigree::tools
