// Uses the installed tokenizer as a stranger would: a vocabulary of its own, a pair of texts, ids
// and offsets written down by hand, and an error. Exit code 1 and a message when something differs.
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/tokenizer.h"
#include "tokenizer/utf8.h"

namespace {

using namespace filigree::tokenizer;

constexpr std::string_view kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nlight\n##house\ncafe\n?\n";

int failures = 0;

void check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "%s\n", what);
  ++failures;
}

void check_pair() {
  const Tokenizer tokenizer = Tokenizer::from_vocab(kVocabulary, "vocabulary of the example");
  const std::string text = "Caf\xC3\xA9?";
  const Encoding encoding = tokenizer.encode(text, "lighthouse");
  check(encoding.ids == std::vector<std::int32_t>{2, 6, 7, 3, 4, 5, 3}, "ids");
  check(encoding.type_ids == std::vector<std::int32_t>{0, 0, 0, 0, 1, 1, 1}, "type ids");
  check(encoding.offsets[2] == Offset{4, 5}, "offsets count code points");
  check(byte_offset(text, 4) == 5, "bytes of code points");
  check(tokenizer.token(5) == "##house", "text of a token");
}

void check_error() {
  try {
    Tokenizer::from_json("{\"model\": 3}", "broken.json");
    check(false, "a broken file is refused");
  } catch (const std::runtime_error& error) {
    check(std::string(error.what()).find("broken.json") != std::string::npos, error.what());
  }
}

}  // namespace

int main() {
  check_pair();
  check_error();
  return failures == 0 ? 0 : 1;
}
