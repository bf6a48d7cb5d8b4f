#include "serve/http/shared_tokenizers.h"

#include <utility>

#include "loader/give_way.h"
#include "loader/huge_pages.h"

namespace filigree::serve {
namespace {

struct InHugePages {
  InHugePages(const tokenizer::TokenizerText& text, const std::filesystem::path& folder)
      : tokenizer(tokenizer::Tokenizer::from_text(text, folder, &memory, loader::current_wait())) {}

  loader::HugePages memory;
  tokenizer::Tokenizer tokenizer;
};

}  // namespace

std::shared_ptr<const tokenizer::Tokenizer> SharedTokenizers::load(
    const std::filesystem::path& folder) {
  tokenizer::TokenizerText text = tokenizer::TokenizerText::of_folder(folder);
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [](const Known& known) { return known.tokenizer.expired(); });
  for (const Known& known : known_)
    if (known.text == text)
      if (auto tokenizer = known.tokenizer.lock()) return tokenizer;
  const auto whole = std::make_shared<const InHugePages>(text, folder);
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer(whole, &whole->tokenizer);
  known_.push_back({std::move(text), tokenizer});
  return tokenizer;
}

}  // namespace filigree::serve
