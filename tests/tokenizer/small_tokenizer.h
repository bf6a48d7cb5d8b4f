// A tokenizer.json small enough to read, and a way to change one place of it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace filigree::tokenizer {

inline const std::string kSmallTokenizer = R"({
  "version": "1.0", "truncation": {"max_length": 3}, "padding": {"strategy": "BatchLongest"},
  "added_tokens": [
    {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false,
     "normalized": false, "special": true}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                 "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
    "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
             {"Sequence": {"id": "A", "type_id": 0}},
             {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
             {"Sequence": {"id": "B", "type_id": 1}},
             {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
    "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]},
                       "[SEP]": {"id": "[SEP]", "ids": [2], "tokens": ["[SEP]"]}}},
  "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 10,
            "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "b": 4, "##b": 5, "##c": 6,
                      "abc": 7, "##bc": 8, "e": 9, "!": 10, "d": 11}}
})";

// The small tokenizer.json with its first `from` replaced, which must be there.
inline std::string small_with(std::string_view from, std::string_view to,
                              std::string json = kSmallTokenizer) {
  const std::size_t at = json.find(from);
  if (at == std::string::npos) throw std::logic_error("no '" + std::string(from) + "' to replace");
  return json.replace(at, from.size(), to);
}

// With another normalizer or post processor, given as JSON.
inline std::string small_with_value(const std::string& member, const std::string& value) {
  std::string json = kSmallTokenizer;
  const std::size_t begin = json.find("\"" + member + "\": ") + member.size() + 4;
  return json.replace(begin, json.find("},\n  \"", begin) + 1 - begin, value);
}

// With one more added token, which has the member named `flag` true ("" for none).
inline std::string small_with_added(const std::string& content, const std::string& flag,
                                    std::string json = kSmallTokenizer, int id = 12) {
  std::string token = ", {\"id\": ";
  token += std::to_string(id);
  token += ", \"content\": \"";
  token += content;
  token += "\", \"special\": false";
  for (const std::string name : {"single_word", "lstrip", "rstrip", "normalized"}) {
    token += ", \"";
    token += name;
    token += name == flag ? "\": true" : "\": false";
  }
  token += "}";
  return json.insert(json.find("],\n  \"normalizer\""), token);
}

}  // namespace filigree::tokenizer
