// Models whose logits a test can read off the words: a row of numbers for each word of a small
// vocabulary, added up over the sequence or kept for each token. No encoder: the loader's
// interpreter runs them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loader/model.h"
#include "runtime/model_rest.h"
#include "serve/tasks/task.h"

namespace filigree::serve {

// Ids are line numbers: [CLS] 2, [SEP] 3, good 4, ...
inline constexpr std::string_view kWords =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\nbad\n##ly\nada\nlove\n##lace\nlondon\nin\n.\n,\n!\nabout\n";
inline constexpr std::size_t kWordCount = 16;

enum class Bag {
  kSum,       // logits [1, labels]: the sum over all tokens
  kToken,     // logits [1, tokens, labels]
  kQuestions  // start_logits and end_logits [1, tokens]: what question answering reads
};

// rows[id] is what word `id` adds; ids without a row add nothing. All rows are equally long.
std::shared_ptr<const loader::Model> bag_of_words(
    Bag bag, const std::vector<std::pair<std::size_t, std::vector<float>>>& rows);

std::shared_ptr<const tokenizer::Tokenizer> words_tokenizer();

TaskParts bag_parts(std::shared_ptr<const loader::Model> model, std::vector<std::string> labels);

// The answer of `task` to the JSON text `request` as JSON text, computed by `model` here; the
// errors as "location: message (type)" joined by "; " when there are any.
std::string answer_text(const Task& task, const loader::Model& model, std::string_view request);

// What the exception that `make` throws says, "nothing thrown" otherwise.
template <class Make>
std::string message_of(Make make) {
  try {
    make();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace filigree::serve
