// What the loader throws for a file it cannot use. The message names file, byte offset or node or tensor, what was found
// and what was expected, for example
//   model.onnx: offset 81320: initializer 'encoder.weight' has 12 bytes of data, expected 3072 (FLOAT [768])
#pragma once

#include <stdexcept>
#include <string>

namespace filigree::loader {

class FormatError : public std::runtime_error {
 public:
  explicit FormatError(const std::string& message) : std::runtime_error(message) {}
};

// An operator, attribute or element type that is valid ONNX but not implemented: names node, operator, opset and inputs.
class UnsupportedError : public FormatError {
 public:
  using FormatError::FormatError;
};

}  // namespace filigree::loader
