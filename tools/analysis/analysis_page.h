// An analysis as one HTML file: no script, nothing from elsewhere, light or dark as the reader's
// system is.
#pragma once

#include <string>

#include "tools/analysis/analysis.h"

namespace filigree::tools {

// `about` is text about the model, shown as it is, line by line.
std::string analysis_page(const Analysis& analysis, const std::string& about);

}  // namespace filigree::tools
