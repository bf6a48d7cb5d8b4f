// Every way in which tokenizer.json can be wrong has a message with path, found and expected.
#include <gtest/gtest.h>

#include <string>

#include "tests/tokenizer/expect_error.h"
#include "tests/tokenizer/small_tokenizer.h"
#include "tokenizer/tokenizer.h"

namespace filigree::tokenizer {
namespace {

void expect_json_error(const std::string& message, const std::string& json) {
  SCOPED_TRACE(json.substr(0, 200));
  expect_error("t.json: " + message, [&] { Tokenizer::from_json(json, "t.json"); });
}

void expect_small_error(const std::string& message, const char* from, const char* to) {
  SCOPED_TRACE(to);
  expect_json_error(message, small_with(from, to));
}

TEST(TokenizerJson, TextThatIsNoJsonIsNamedWithItsOffset) {
  expect_json_error(
      "offset 7: found no valid JSON (Missing a name for object member.), expected one "
      "JSON object",
      "{\"a\":1,}");
  expect_json_error(
      "offset 0: found no valid JSON (The document is empty.), expected one JSON object", "");
}

TEST(TokenizerJson, DeepNestingIsNoStackOverflow) {
  expect_json_error("found an array of 1, expected an object",
                    std::string(300000, '[') + std::string(300000, ']'));
}

TEST(TokenizerJson, MissingMembersAreNamed) {
  expect_json_error("found no member \"version\", expected one", "{}");
  expect_small_error("model: found no member \"max_input_chars_per_word\", expected one",
                     R"("max_input_chars_per_word": 10,)", "");
}

TEST(TokenizerJson, AnotherVersionIsRefused) {
  expect_small_error(R"(version: found "2.0", expected "1.0")", R"("1.0")", R"("2.0")");
}

TEST(TokenizerJson, UnknownAndRepeatedMembersAreRefused) {
  expect_small_error(
      R"(found a member "extra", expected only version, truncation, padding, added_tokens, normalizer, )"
      R"(pre_tokenizer, post_processor, decoder, model)",
      R"("version")", R"("extra": 1, "version")");
  expect_small_error(R"(model: found a member "dropout", expected only type, unk_token, )"
                     R"(continuing_subword_prefix, max_input_chars_per_word, vocab)",
                     R"("unk_token")", R"("dropout": 1, "unk_token")");
  expect_small_error(R"(found two members "version", expected one)", R"("version")",
                     R"("version": "1.0", "version")");
}

TEST(TokenizerJson, OtherModelsAreRefused) {
  expect_small_error(R"(model.type: found "BPE", expected "WordPiece")",
                     R"("type": "WordPiece", "unk)", R"("type": "BPE", "unk)");
}

TEST(TokenizerJson, IdsOutOfRangeAreRefused) {
  expect_small_error(R"(model.vocab["a"]: found -1, expected an integer from 0 to 16777215)",
                     R"("a": 3)", R"("a": -1)");
  expect_small_error(R"(model.vocab["a"]: found 16777216, expected an integer from 0 to 16777215)",
                     R"("a": 3)", R"("a": 16777216)");
  expect_small_error(
      R"(model.vocab["a"]: found 18446744073709551615, expected an integer from 0 to 16777215)",
      R"("a": 3)", R"("a": 18446744073709551615)");
  expect_small_error(R"(model.vocab["a"]: found "3", expected an integer from 0 to 16777215)",
                     R"("a": 3)", R"("a": "3")");
  expect_small_error(R"(model.vocab["a"]: found 3.500000, expected an integer from 0 to 16777215)",
                     R"("a": 3)", R"("a": 3.5)");
}

TEST(TokenizerJson, TokensAndIdsThatOccurTwiceAreRefused) {
  expect_small_error(R"(model.vocab["a"]: found 4, expected each token once)", R"("b": 4)",
                     R"("a": 4)");
  expect_small_error(R"(model.vocab["b"]: found 3, expected an id that no other token has)",
                     R"("b": 4)", R"("b": 3)");
}

TEST(TokenizerJson, AnUnknownTokenOutsideTheVocabularyIsRefused) {
  expect_small_error(R"(model.unk_token: found "<unk>", expected a token of model.vocab)",
                     R"("unk_token": "[UNK]")", R"("unk_token": "<unk>")");
}

TEST(TokenizerJson, WrongTypesInTheModelAreRefused) {
  expect_small_error(
      "model.max_input_chars_per_word: found -5, expected an integer from 0 to 2147483647",
      "per_word\": 10", "per_word\": -5");
  expect_small_error("model.continuing_subword_prefix: found null, expected a string",
                     R"("continuing_subword_prefix": "##")",
                     R"("continuing_subword_prefix": null)");
}

TEST(TokenizerJson, OtherNormalizersAreRefused) {
  expect_small_error(R"(normalizer.type: found "NFC", expected "BertNormalizer" or "Sequence")",
                     R"("BertNormalizer")", R"("NFC")");
  expect_json_error("normalizer: found null, expected an object",
                    small_with_value("normalizer", "null"));
  expect_small_error("normalizer.lowercase: found 1, expected true or false",
                     R"("lowercase": true)", R"("lowercase": 1)");
  expect_small_error(R"(normalizer.strip_accents: found "yes", expected true or false)",
                     R"("strip_accents": null)", R"("strip_accents": "yes")");
}

TEST(TokenizerJson, ASequenceHoldsOneBertNormalizer) {
  const auto with = [](const std::string& normalizers) {
    return small_with_value("normalizer",
                            R"({"type": "Sequence", "normalizers": )" + normalizers + "}");
  };
  expect_json_error("normalizer.normalizers: found an array of 0, expected one BertNormalizer",
                    with("[]"));
  expect_json_error(R"(normalizer.normalizers[0].type: found "NFD", expected "BertNormalizer")",
                    with(R"([{"type": "NFD"}])"));
}

TEST(TokenizerJson, OtherPreTokenizersAreRefused) {
  expect_small_error(R"(pre_tokenizer.type: found "Whitespace", expected "BertPreTokenizer")",
                     "BertPreTokenizer", "Whitespace");
}

TEST(TokenizerJson, OtherPostProcessorsAreRefused) {
  expect_small_error(
      R"(post_processor.type: found "RobertaProcessing", expected "TemplateProcessing" or "BertProcessing")",
      "TemplateProcessing", "RobertaProcessing");
}

TEST(TokenizerJson, TemplatesAreChecked) {
  expect_small_error("post_processor.single: found sequence B, expected sequence A only",
                     R"({"id": "A")", R"({"id": "B")");
  expect_small_error(R"(post_processor.single[1].Sequence.id: found "C", expected "A" or "B")",
                     R"({"id": "A")", R"({"id": "C")");
  expect_small_error(
      R"(post_processor.single[0].SpecialToken.id: found "[BOS]", expected a member of )"
      R"(post_processor.special_tokens)",
      R"({"id": "[CLS]", "type_id")", R"({"id": "[BOS]", "type_id")");
  expect_small_error(
      "post_processor.single[0].SpecialToken.type_id: found -1, expected an integer from 0 to "
      "2147483647",
      R"("type_id": 0)", R"("type_id": -1)");
  expect_small_error(
      "post_processor.single[0]: found an object, expected an object with one member, "
      "SpecialToken or Sequence",
      R"([{"SpecialToken": {"id": "[CLS]", "type_id": 0}})", "[{}");
}

TEST(TokenizerJson, SpecialTokensMustExist) {
  expect_small_error(
      "post_processor.special_tokens.[CLS].ids[0]: found 99, expected the id of a token",
      R"("ids": [1])", R"("ids": [99])");
  expect_small_error(
      "post_processor.special_tokens.[CLS].ids: found an array of 2, expected as many as in tokens",
      R"("ids": [1])", R"("ids": [1, 1])");
}

TEST(TokenizerJson, BertProcessingIsChecked) {
  const auto with = [](const std::string& sep) {
    return small_with_value(
        "post_processor", R"({"type": "BertProcessing", "cls": ["[CLS]", 1], "sep": )" + sep + "}");
  };
  expect_json_error(
      "post_processor.sep: found an array of 1, expected an array of a token and its id",
      with(R"(["[SEP]"])"));
  expect_json_error("post_processor.sep[1]: found 77, expected the id of a token",
                    with(R"(["[SEP]", 77])"));
  expect_json_error("post_processor.sep[0]: found 2, expected a string", with("[2, 2]"));
}

TEST(TokenizerJson, AddedTokensHaveTheIdsOfHuggingFace) {
  expect_small_error("added_tokens[0].id: found 5, expected 1", R"("id": 1, "content")",
                     R"("id": 5, "content")");
  expect_json_error("added_tokens[1].id: found 40, expected 12",
                    small_with_added("<x>", "", kSmallTokenizer, 40));
}

TEST(TokenizerJson, AddedTokensAreUnequal) {
  expect_json_error(R"(added_tokens[2].content: found "<x>", expected each added token once)",
                    small_with_added("<x>", "", small_with_added("<x>", ""), 13));
  expect_json_error("added_tokens[1].id: found 12, expected an id that no other token has",
                    small_with_added("<x>", "", small_with("\"d\": 11", "\"d\": 12")));
  expect_json_error("added_tokens[1].content: found \"\", expected a string that is not empty",
                    small_with_added("", ""));
}

TEST(TokenizerJson, AddedTokensAreUnequalOnceNormalized) {
  expect_json_error(
      R"(added token "FOO": found the normal form of "foo", expected a different one)",
      small_with_added("FOO", "normalized", small_with_added("foo", "normalized"), 13));
  expect_json_error(R"(added token ")"
                    "\u200b"
                    R"(": found nothing left of it by normalization, expected some text)",
                    small_with_added("\u200b", "normalized"));
}

TEST(TokenizerJson, InvalidUtf8InTheFileIsTheReplacementCharacter) {
  const Tokenizer tokenizer =
      Tokenizer::from_json(small_with("\"d\"", "\"d\xE1\x80\xFF\""), "t.json");
  EXPECT_EQ(tokenizer.token(11), "d\uFFFD\uFFFD");
}

TEST(TokenizerJson, LongAndUnprintableTextsAreShortInMessages) {
  const std::string name(100, 'x');
  expect_small_error("normalizer.type: found \"" + std::string(60, 'x') +
                         "...\", expected \"BertNormalizer\" or \"Sequence\"",
                     "BertNormalizer", name.c_str());
  expect_small_error(R"(normalizer.type: found "a?b", expected "BertNormalizer" or "Sequence")",
                     "BertNormalizer", R"(a\nb)");
}

}  // namespace
}  // namespace filigree::tokenizer
