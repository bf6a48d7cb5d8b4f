// Pictures of matrices.
#pragma once

#include <string>
#include <string_view>

#include "loader/density_map.h"

namespace filigree::tools {

using loader::DensityMap;

// A PNG of one colour, the more opaque the denser the cell: the densest one is opaque, an empty one
// transparent, so that the picture suits light and dark backgrounds.
std::string density_png(const DensityMap& map);

std::string base64(std::string_view bytes);

}  // namespace filigree::tools
