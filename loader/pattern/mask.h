// Attention masks. Without padding a mask changes nothing, and filigree never pads; a mask is
// therefore not computed, but proven at load, on samples, to hide the tokens whose mask is 0 and do
// nothing else.
#pragma once

#include <string>

#include "loader/pattern/sample_context.h"

namespace filigree::loader {

enum class MaskKind {
  kAdded,        // added to the scores: 0 keeps a column, a large negative number hides it
  kTrueKeeps,    // Where(mask, scores, large negative number)
  kTrueReplaces  // Where(mask, large negative number, scores)
};

// Throws Mismatch that names `reader` unless `mask` depends on the content of at most one input,
// which is not an input of the embeddings, keeps everything when that input is all ones, and hides
// exactly the columns where it is zero (for the queries where it is one) when it has zeros, be they
// at the end or between ones.
void check_mask(SampleContext& context, const Node& reader, const std::string& mask, MaskKind kind);

// Throws Mismatch unless `value` is a number that is far below every score, -1e4 or less.
void check_replacement(SampleContext& context, const Node& reader, const std::string& value);

}  // namespace filigree::loader
