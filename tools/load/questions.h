// Questions about a few paragraphs, for whoever has no requests of their own at hand.
#pragma once

#include <string>
#include <vector>

namespace filigree::tools {

// Bodies {"question": ..., "context": ...} of 18 questions, contexts of 30 to 130 words.
std::vector<std::string> built_in_questions();

}  // namespace filigree::tools
