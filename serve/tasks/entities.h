// From the label probabilities of tokens to entities: DeepSparse's aggregation strategies.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::serve {

enum class Aggregation {
  kNone,     // every token by itself
  kSimple,   // neighbours of one entity together
  kFirst,    // the same with words: a word has the label of its first token,
  kAverage,  // of the mean of its tokens' probabilities,
  kMax       // of the token with the largest probability
};

// "none", "simple", "first", "average", "max"; case and white space around it make no difference.
std::optional<Aggregation> parse_aggregation(std::string_view name);

struct LabelledToken {
  std::string text;           // of the vocabulary, "##ly"; for an unknown token what stands there
  std::size_t start = 0;      // code points
  std::size_t end = 0;        // exclusive
  std::size_t index = 0;      // in the sequence, special tokens counted
  bool continues = false;     // the word of the token before
  std::size_t text_skip = 0;  // bytes of `text` that only mark a continuation: "##"
  std::span<const float> probabilities;
};

struct Entity {
  std::string label;  // without B- and I- when is_grouped
  float score = 0;
  std::string word;
  std::size_t start = 0;
  std::size_t end = 0;
  std::optional<std::size_t> index;  // of a token by itself
  bool is_grouped = false;
  std::size_t first_token = 0;  // index into the tokens that it was made of
};

// Entities in the order of the tokens, those labelled in `ignored` left out.
//   token   the label with the largest probability, of equal ones the first; its score is that
//   word    consecutive tokens that continue it; the mean adds in the order of the tokens
//   group   consecutive words (tokens for kSimple) with one tag, each but the first starting with
//           I-; the mean of their scores in their order. A label without B- or I- starts a group.
// Words are written as WordPiece decodes them: a space before each that continues nothing, none
// before '.', ',', '?' and '!'. Requires probabilities of labels.size() for every token.
std::vector<Entity> entities(std::span<const LabelledToken> tokens,
                             const std::vector<std::string>& labels, Aggregation aggregation,
                             const std::vector<std::string>& ignored);

}  // namespace filigree::serve
