#include "tools/model_maker/describe_files.h"

#include <utility>

#include "serve/json.h"

namespace filigree::tools {
namespace {

using serve::Json;

std::string architecture(const ModelSpec& spec) {
  const std::string family = spec.family == Family::kBert         ? "Bert"
                             : spec.family == Family::kDistilBert ? "DistilBert"
                                                                  : "Roberta";
  switch (spec.head) {
    case Head::kQuestionAnswering:
      return family + "ForQuestionAnswering";
    case Head::kClassification:
      return family + "ForSequenceClassification";
    case Head::kToken:
      return family + "ForTokenClassification";
    case Head::kEmbedding:
      return family + "Model";
  }
  return family;
}

void add_labels(const ModelSpec& spec, Json& config) {
  if (spec.head != Head::kClassification && spec.head != Head::kToken) return;
  Json names = Json::object({}), ids = Json::object({});
  for (std::size_t i = 0; i < spec.labels; ++i) {
    names.add(std::to_string(i), "LABEL_" + std::to_string(i));
    ids.add("LABEL_" + std::to_string(i), i);
  }
  config.add("id2label", std::move(names));
  config.add("label2id", std::move(ids));
}

Json distilbert_config(const ModelSpec& spec) {
  return Json::object({{"activation", "gelu"},
                       {"dim", spec.hidden},
                       {"hidden_dim", spec.intermediate},
                       {"n_heads", spec.heads},
                       {"n_layers", spec.layers},
                       {"max_position_embeddings", spec.max_tokens},
                       {"sinusoidal_pos_embds", false},
                       {"pad_token_id", 0},
                       {"vocab_size", spec.vocabulary}});
}

Json bert_config(const ModelSpec& spec) {
  const bool roberta = spec.family == Family::kRoberta;
  Json config = Json::object({{"hidden_act", "gelu"},
                              {"hidden_size", spec.hidden},
                              {"intermediate_size", spec.intermediate},
                              {"num_attention_heads", spec.heads},
                              {"num_hidden_layers", spec.layers},
                              {"layer_norm_eps", roberta ? 1e-5 : 1e-12},
                              {"max_position_embeddings", spec.max_tokens + (roberta ? 2 : 0)},
                              {"type_vocab_size", roberta ? 1 : 2},
                              {"position_embedding_type", "absolute"},
                              {"pad_token_id", roberta ? 1 : 0},
                              {"vocab_size", spec.vocabulary}});
  if (!roberta) return config;
  config.add("bos_token_id", 0);
  config.add("eos_token_id", 2);
  return config;
}

std::string precision_text(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return "float32";
    case Precision::kFloat16:
      return "float16 storage, float32 compute";
    case Precision::kInt8:
      return "SparseML static int8";
    case Precision::kInt8FloatBias:
      return "SparseML static int8, bias in float";
    case Precision::kInt8Signed:
      return "SparseML static int8, signed weights";
    case Precision::kInt8Qlinear:
      return "SparseML static int8, attention and head as QLinearMatMul";
    case Precision::kInt8Head:
      return "SparseML static int8, with the head";
    case Precision::kInt8Leftover:
      return "SparseML static int8, Q/DQ pairs left over";
    case Precision::kQdq:
      return "static int8 as Q/DQ pairs";
    case Precision::kDynamic:
      return "dynamic int8";
  }
  return "";
}

std::string pattern_text(const Sparsity& sparsity) {
  if (sparsity.percent == 0) return "dense";
  std::string text(pattern_name(sparsity.pattern));
  if (sparsity.pattern != Pattern::kUnstructured) text += " blocks, outputs x inputs";
  if (sparsity.spread == Spread::kSkewed) text += ", skewed over the inputs";
  return text;
}

}  // namespace

std::string config_json(const ModelSpec& spec) {
  Json config = spec.family == Family::kDistilBert ? distilbert_config(spec) : bert_config(spec);
  config.add("model_type", family_name(spec.family));
  config.add("architectures", Json::array({architecture(spec)}));
  add_labels(spec, config);
  return to_text(config) + "\n";
}

std::string card_json(const ModelSpec& spec, const std::string& name, std::size_t file_bytes) {
  const Json shape = Json::object({{"family", family_name(spec.family)},
                                   {"layers", spec.layers},
                                   {"hidden_size", spec.hidden},
                                   {"attention_heads", spec.heads},
                                   {"intermediate_size", spec.intermediate},
                                   {"vocabulary", spec.vocabulary},
                                   {"max_positions", spec.max_tokens}});
  return to_text(
             Json::object({{"name", name},
                           {"description", "random weights: " + describe(spec)},
                           {"task", task_of(spec.head)},
                           {"weights", "random"},
                           {"architecture", shape},
                           {"encoder_sparsity", static_cast<double>(spec.sparsity.percent) / 100},
                           {"pattern", pattern_text(spec.sparsity)},
                           {"precision", precision_text(spec.precision)},
                           {"opset", spec.opset},
                           {"seed", std::to_string(spec.seed)},
                           {"made_by", "filigree make-model"},
                           {"vocabulary_source", "words of BERT's uncased vocabulary (Apache-2.0)"},
                           {"size_bytes", file_bytes},
                           {"license", "Apache-2.0"}})) +
         "\n";
}

}  // namespace filigree::tools
