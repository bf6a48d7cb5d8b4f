// The SQuAD v1.1 measures. Answers are compared after normalisation, in this order: lower case,
// ASCII punctuation removed, the words a, an, the replaced by a space, runs of white space made one
// space and trimmed. Letters, numbers and white space are those of Unicode, as in the official
// script; lower case is Unicode's simple mapping, which differs from the script's only for a final
// Greek sigma.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace filigree::tools {

// `text` is UTF-8; an invalid byte becomes U+FFFD.
std::string normalized_answer(std::string_view text);

// Share of common words, counted with repetition: harmonic mean of precision and recall, 0 when
// none is common.
double word_f1(std::string_view prediction, std::string_view answer);
bool exact_match(std::string_view prediction, std::string_view answer);

struct SquadScore {
  double exact_match = 0;  // 0 or 1
  double f1 = 0;           // [0, 1]
};

// The best over the answers, each measure for itself. Precondition: answers is not empty.
SquadScore squad_score(std::string_view prediction, std::span<const std::string> answers);

}  // namespace filigree::tools
