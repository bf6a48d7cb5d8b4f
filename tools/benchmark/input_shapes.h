// DeepSparse's --input_shapes: "[1,128]" for all inputs, or "[1,128],[1,128],[1,128]".
#pragma once

#include <cstddef>
#include <string>

namespace filigree::tools {

struct BatchShape {
  std::size_t batch_size = 0;
  std::size_t tokens = 0;
};

// The inputs of these models all have the shape [batch, tokens]. Throws UsageError.
BatchShape parse_input_shapes(const std::string& text);

}  // namespace filigree::tools
