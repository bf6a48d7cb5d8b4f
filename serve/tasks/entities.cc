#include "serve/tasks/entities.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "serve/tasks/ascii.h"

namespace filigree::serve {
namespace {

// What is grouped: one token, or the tokens of one word.
struct Unit {
  std::size_t label = 0;
  float score = 0;
  std::string word;
  bool continues = false;
  std::size_t text_skip = 0;
  std::size_t first = 0;  // indices into the tokens
  std::size_t last = 0;
};

std::size_t largest(std::span<const float> values) {
  return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

void append_word(std::string& text, const std::string& word, bool continues, std::size_t skip) {
  constexpr std::string_view kClosing = ".,?!";
  const bool joined = text.empty() || continues ||
                      (!word.empty() && kClosing.find(word.front()) != std::string_view::npos);
  if (!joined) text += ' ';
  // The mark of a continuation stays where nothing is continued.
  text.append(word, continues && !text.empty() ? skip : 0);
}

Unit unit_of_token(std::span<const LabelledToken> tokens, std::size_t index) {
  const LabelledToken& token = tokens[index];
  const std::size_t label = largest(token.probabilities);
  return {.label = label,
          .score = token.probabilities[label],
          .word = token.text,
          .continues = token.continues,
          .text_skip = token.text_skip,
          .first = index,
          .last = index};
}

std::vector<float> mean_probabilities(std::span<const LabelledToken> word) {
  std::vector<float> mean(word.front().probabilities.size());
  for (const LabelledToken& token : word)
    for (std::size_t label = 0; label < mean.size(); ++label)
      mean[label] += token.probabilities[label];
  for (float& value : mean) value /= static_cast<float>(word.size());
  return mean;
}

// The label and score of a word.
std::pair<std::size_t, float> word_label(std::span<const LabelledToken> word,
                                         Aggregation aggregation) {
  std::vector<float> mean;
  std::span<const float> chosen = word.front().probabilities;
  if (aggregation == Aggregation::kAverage) {
    mean = mean_probabilities(word);
    chosen = mean;
  } else if (aggregation == Aggregation::kMax) {
    for (const LabelledToken& token : word)
      if (std::ranges::max(token.probabilities) > std::ranges::max(chosen))
        chosen = token.probabilities;
  }
  const std::size_t label = largest(chosen);
  return {label, chosen[label]};
}

std::vector<Unit> words_of(std::span<const LabelledToken> tokens, Aggregation aggregation) {
  std::vector<Unit> words;
  for (std::size_t first = 0; first < tokens.size();) {
    std::size_t end = first + 1;
    while (end < tokens.size() && tokens[end].continues) ++end;
    Unit word{.label = 0, .score = 0, .word = {}, .first = first, .last = end - 1};
    std::tie(word.label, word.score) = word_label(tokens.subspan(first, end - first), aggregation);
    for (std::size_t i = first; i < end; ++i)
      append_word(word.word, tokens[i].text, i > first, tokens[i].text_skip);
    words.push_back(std::move(word));
    first = end;
  }
  return words;
}

struct Tag {
  bool inside;  // I-
  std::string_view name;
};

Tag tag_of(std::string_view label) {
  if (label.starts_with("B-")) return {false, label.substr(2)};
  if (label.starts_with("I-")) return {true, label.substr(2)};
  return {false, label};
}

Entity token_entity(const Unit& unit, std::span<const LabelledToken> tokens,
                    const std::vector<std::string>& labels) {
  const LabelledToken& token = tokens[unit.first];
  return {.label = labels[unit.label],
          .score = unit.score,
          .word = token.text,
          .start = token.start,
          .end = token.end,
          .index = token.index,
          .is_grouped = false,
          .first_token = unit.first};
}

Entity group_entity(std::span<const Unit> group, std::span<const LabelledToken> tokens,
                    const std::vector<std::string>& labels) {
  Entity entity{.label = std::string(tag_of(labels[group.front().label]).name),
                .score = 0,
                .word = {},
                .start = tokens[group.front().first].start,
                .end = tokens[group.back().last].end,
                .index = {},
                .is_grouped = true,
                .first_token = group.front().first};
  for (const Unit& unit : group) {
    entity.score += unit.score;
    append_word(entity.word, unit.word, unit.continues, unit.text_skip);
  }
  entity.score /= static_cast<float>(group.size());
  return entity;
}

}  // namespace

std::optional<Aggregation> parse_aggregation(std::string_view name) {
  constexpr std::pair<std::string_view, Aggregation> kNames[] = {{"none", Aggregation::kNone},
                                                                 {"simple", Aggregation::kSimple},
                                                                 {"first", Aggregation::kFirst},
                                                                 {"average", Aggregation::kAverage},
                                                                 {"max", Aggregation::kMax}};
  const std::string wanted = lower_case(trimmed(name));
  for (const auto& [known, aggregation] : kNames)
    if (known == wanted) return aggregation;
  return std::nullopt;
}

std::vector<Entity> entities(std::span<const LabelledToken> tokens,
                             const std::vector<std::string>& labels, Aggregation aggregation,
                             const std::vector<std::string>& ignored) {
  std::vector<Unit> units;
  if (aggregation == Aggregation::kNone || aggregation == Aggregation::kSimple)
    for (std::size_t i = 0; i < tokens.size(); ++i) units.push_back(unit_of_token(tokens, i));
  else
    units = words_of(tokens, aggregation);
  std::vector<Entity> found;
  for (std::size_t first = 0; first < units.size();) {
    std::size_t end = first + 1;
    if (aggregation == Aggregation::kNone) {
      found.push_back(token_entity(units[first], tokens, labels));
    } else {
      const std::string_view name = tag_of(labels[units[first].label]).name;
      for (; end < units.size(); ++end) {
        const Tag next = tag_of(labels[units[end].label]);
        if (!next.inside || next.name != name) break;
      }
      found.push_back(group_entity(std::span(units).subspan(first, end - first), tokens, labels));
    }
    first = end;
  }
  std::erase_if(found, [&](const Entity& entity) {
    return std::ranges::find(ignored, entity.label) != ignored.end();
  });
  return found;
}

}  // namespace filigree::serve
