// The tokenizer on arbitrary bytes. The first byte says what the rest is: a tokenizer.json, a
// vocab.txt, or a text for one of three tokenizers. A file is refused with std::runtime_error or
// gives a tokenizer; no text throws, and its tokens lie inside it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/tokenizer/small_tokenizer.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/utf8.h"

namespace {

using filigree::tokenizer::count_code_points;
using filigree::tokenizer::first_invalid_utf8;
using filigree::tokenizer::replace_invalid_utf8;
using filigree::tokenizer::small_with;
using filigree::tokenizer::small_with_added;
using filigree::tokenizer::TokenizedText;
using filigree::tokenizer::Tokenizer;

void require(bool condition, const char* promise) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", promise);
  std::abort();
}

void check_text(const Tokenizer& tokenizer, std::string_view text) {
  const TokenizedText got = tokenizer.tokenize(text);
  const std::size_t code_points = count_code_points(text);
  require(got.ids.size() == got.offsets.size(), "each token has offsets");
  for (std::size_t i = 0; i < got.ids.size(); ++i) {
    require(got.offsets[i].begin < got.offsets[i].end, "no token is empty");
    require(got.offsets[i].end <= code_points, "tokens end inside the text");
    require(!tokenizer.token(got.ids[i]).empty(), "ids are of tokens");
  }
  const std::string repaired = replace_invalid_utf8(text);
  require(!first_invalid_utf8(repaired), "a repaired text is valid");
  const TokenizedText again = tokenizer.tokenize(repaired);
  require(got.ids == again.ids && got.offsets == again.offsets,
          "an invalid subpart is the replacement character");
  require(tokenizer.encode(text, text).ids.size() ==
              2 * got.ids.size() + tokenizer.special_tokens_pair(),
          "a pair has the tokens of both texts");
}

// Like the small tokenizer, with added tokens of every kind that overlap in their white space.
std::string with_added_tokens() {
  std::string json = small_with_added("<l>", "lstrip");
  json = small_with_added("<r>", "rstrip", json, 13);
  json = small_with_added(" ", "rstrip", json, 14);
  json = small_with_added("aa", "single_word", json, 15);
  return small_with_added("\u00c9a", "normalized", json, 16);
}

const Tokenizer& tokenizer_number(unsigned number) {
  static const Tokenizer kPlain =
      Tokenizer::from_json(filigree::tokenizer::kSmallTokenizer, "small");
  static const Tokenizer kAdded = Tokenizer::from_json(with_added_tokens(), "added");
  static const Tokenizer kUnclean =
      Tokenizer::from_json(small_with("\"clean_text\": true", "\"clean_text\": false",
                                      small_with("prefix\": \"##\"", "prefix\": \"\"")),
                           "unclean");
  return number == 0 ? kPlain : number == 1 ? kAdded : kUnclean;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const unsigned kind = data[0] % 5;
  if (kind < 3) {
    check_text(tokenizer_number(kind), rest);
    return 0;
  }
  try {
    const Tokenizer tokenizer =
        kind == 3 ? Tokenizer::from_json(rest, "fuzz") : Tokenizer::from_vocab(rest, "fuzz");
    tokenizer.tokenize("[CLS] a ab!\u00e9\u4e2d\uac00 e\u0301\u302e\xFF");
    tokenizer.encode("a", "b");
  } catch (const std::runtime_error&) {
    // The expected answer to nearly every file.
  }
  return 0;
}
