#include "serve/config/default_model.h"

#include <utility>

namespace filigree::serve {
namespace {

constexpr std::pair<std::string_view, std::string_view> kDefaults[] = {
    {"question_answering", "zoo:bert-large-squad_wikipedia_bookcorpus-pruned90_quantized"},
    {"text_classification", "zoo:bert-large-mnli_wikipedia_bookcorpus-pruned80.4block_quantized"},
    {"token_classification", "zoo:distilbert-conll2003_wikipedia_bookcorpus-pruned90"},
    {"zero_shot_text_classification",
     "zoo:nlp/text_classification/distilbert-none/pytorch/huggingface/mnli/"
     "pruned80_quant-none-vnni"},
    {"transformers_embedding_extraction", "zoo:bert-large-wikipedia_bookcorpus-pruned90"}};

}  // namespace

std::string_view default_model(std::string_view task) noexcept {
  for (const auto& [name, stub] : kDefaults)
    if (name == task) return stub;
  return {};
}

}  // namespace filigree::serve
