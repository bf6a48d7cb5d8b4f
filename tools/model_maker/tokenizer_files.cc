#include <algorithm>
#include <utility>

#include "serve/json.h"
#include "tools/model_maker/vocabulary.h"

namespace filigree::tools {
namespace {

using serve::Json;

std::size_t id_of(const std::vector<std::string>& vocabulary, const std::string& token) {
  return static_cast<std::size_t>(std::ranges::find(vocabulary, token) - vocabulary.begin());
}

Json special(const std::string& token, int type) {
  return Json::object({{"SpecialToken", Json::object({{"id", token}, {"type_id", type}})}});
}

Json sequence(const char* id, int type) {
  return Json::object({{"Sequence", Json::object({{"id", id}, {"type_id", type}})}});
}

Json post_processor(Family family, const std::vector<std::string>& vocabulary) {
  const SpecialTokens tokens = special_tokens(family);
  const bool roberta = family == Family::kRoberta;
  const int second = family == Family::kBert ? 1 : 0;
  Json pair =
      Json::array({special(tokens.first, 0), sequence("A", 0), special(tokens.separator, 0)});
  if (roberta) pair.add(special(tokens.separator, 0));
  pair.add(sequence("B", second));
  pair.add(special(tokens.separator, second));
  Json ids = Json::object({});
  for (const std::string& token : {tokens.first, tokens.separator})
    ids.add(token, Json::object({{"id", token},
                                 {"ids", Json::array({id_of(vocabulary, token)})},
                                 {"tokens", Json::array({token})}}));
  return Json::object({{"type", "TemplateProcessing"},
                       {"single", Json::array({special(tokens.first, 0), sequence("A", 0),
                                               special(tokens.separator, 0)})},
                       {"pair", std::move(pair)},
                       {"special_tokens", std::move(ids)}});
}

Json added_tokens(Family family, const std::vector<std::string>& vocabulary) {
  const SpecialTokens tokens = special_tokens(family);
  std::vector<std::size_t> ids;
  for (const std::string& token :
       {tokens.pad, tokens.unknown, tokens.first, tokens.separator, tokens.mask})
    ids.push_back(id_of(vocabulary, token));
  std::ranges::sort(ids);
  Json list = Json::array({});
  for (const std::size_t id : ids)
    list.add(Json::object({{"id", id},
                           {"special", true},
                           {"content", vocabulary[id]},
                           {"single_word", false},
                           {"lstrip", false},
                           {"rstrip", false},
                           {"normalized", false}}));
  return list;
}

Json named(const SpecialTokens& tokens) {
  return Json::object({{"unk_token", tokens.unknown},
                       {"sep_token", tokens.separator},
                       {"pad_token", tokens.pad},
                       {"cls_token", tokens.first},
                       {"mask_token", tokens.mask}});
}

}  // namespace

std::string tokenizer_json(Family family, const std::vector<std::string>& vocabulary) {
  Json::Object ids;
  for (std::size_t id = 0; id < vocabulary.size(); ++id) ids.emplace_back(vocabulary[id], id);
  const Json normalizer = Json::object({{"type", "BertNormalizer"},
                                        {"clean_text", true},
                                        {"handle_chinese_chars", true},
                                        {"strip_accents", nullptr},
                                        {"lowercase", true}});
  const Json model = Json::object({{"type", "WordPiece"},
                                   {"unk_token", special_tokens(family).unknown},
                                   {"continuing_subword_prefix", "##"},
                                   {"max_input_chars_per_word", 100},
                                   {"vocab", std::move(ids)}});
  return to_text(Json::object(
             {{"version", "1.0"},
              {"truncation", nullptr},
              {"padding", nullptr},
              {"added_tokens", added_tokens(family, vocabulary)},
              {"normalizer", normalizer},
              {"pre_tokenizer", Json::object({{"type", "BertPreTokenizer"}})},
              {"post_processor", post_processor(family, vocabulary)},
              {"decoder",
               Json::object({{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}})},
              {"model", model}})) +
         "\n";
}

std::string tokenizer_config_json(const ModelSpec& spec) {
  Json config = named(special_tokens(spec.family));
  const char* tokenizer_class = spec.family == Family::kRoberta ? "PreTrainedTokenizerFast"
                                : spec.family == Family::kBert  ? "BertTokenizer"
                                                                : "DistilBertTokenizer";
  config.add("tokenizer_class", tokenizer_class);
  config.add("do_lower_case", true);
  config.add("model_max_length", spec.max_tokens);
  return to_text(config) + "\n";
}

std::string special_tokens_json(Family family) {
  return to_text(named(special_tokens(family))) + "\n";
}

}  // namespace filigree::tools
