// Tokenizers of equal files exist once in the process: models pruned from one teacher have the same
// vocabulary, and a tokenizer takes several megabytes and tens of milliseconds.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace filigree::serve {

// Thread-safe.
class SharedTokenizers {
 public:
  // That of the folder's files: one that somebody still holds when their bytes are equal, else a
  // new one with its tables in huge pages. One is made at a time, so that models loaded side by
  // side find it. Throws what TokenizerText::of_folder() and Tokenizer::from_text() throw.
  std::shared_ptr<const tokenizer::Tokenizer> load(const std::filesystem::path& folder);

 private:
  struct Known {
    tokenizer::TokenizerText text;
    std::weak_ptr<const tokenizer::Tokenizer> tokenizer;
  };

  std::mutex mutex_;
  std::vector<Known> known_;
};

}  // namespace filigree::serve
