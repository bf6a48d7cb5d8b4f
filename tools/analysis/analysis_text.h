// An analysis for people and for programs. The page is analysis_page.h.
#pragma once

#include <string>

#include "serve/json.h"
#include "tools/analysis/analysis.h"

namespace filigree::tools {

// Tables; ends with a newline.
std::string analysis_text(const Analysis& analysis);

// The result of DeepSparse's debug_analysis, and in the same objects what that does not have. One
// value on one line.
std::string analysis_json(const Analysis& analysis);

// A heading and a line for each step, with the columns of layer_info.
std::string analysis_csv(const Analysis& analysis);

}  // namespace filigree::tools
