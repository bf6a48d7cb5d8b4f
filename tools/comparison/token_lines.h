// Sequences of token ids from JSON lines, as `filigree tokenize` prints them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/sequence.h"

namespace filigree::tools {

// Objects with "ids" and perhaps "type_ids", arrays of whole numbers; other members play no part
// and blank lines are skipped. Throws InputError naming `where`, line and field, and when there is
// no sequence at all.
std::vector<runtime::Sequence> parse_token_lines(std::string_view text, const std::string& where);

}  // namespace filigree::tools
