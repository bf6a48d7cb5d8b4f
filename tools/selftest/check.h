// What a self-test has compared, and with what result.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace filigree::tools {

struct CheckResult {
  std::string name;      // "layer_norm", "small fp32 encoder: batches of 1 to 64"
  std::size_t runs = 0;  // that were compared with the scalar one, up to the first difference
  // The first value that differs, and where; nullopt: the same bits.
  std::optional<std::string> difference = std::nullopt;
};

}  // namespace filigree::tools
