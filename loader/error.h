// What the loader throws for a file it cannot use. The message names file, byte offset or node or
// tensor, what was found and what was expected, for example
//   model.onnx: offset 81320: initializer 'encoder.weight' has 12 bytes of data, expected 3072
//   (FLOAT [768])
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace filigree::loader {

class FormatError : public std::runtime_error {
 public:
  explicit FormatError(const std::string& message) : std::runtime_error(message) {}
};

// An operator, attribute or element type that is valid ONNX but not implemented: names node,
// operator, opset and inputs.
class UnsupportedError : public FormatError {
 public:
  using FormatError::FormatError;
};

// Returns action(); an error that leaves it gets `prefix()` in front: inner code says what, outer
// code says where.
template <class Prefix, class Action>
auto with_context(Prefix&& prefix, Action&& action) {
  try {
    return std::forward<Action>(action)();
  } catch (const UnsupportedError& error) {
    throw UnsupportedError(prefix() + error.what());
  } catch (const FormatError& error) {
    throw FormatError(prefix() + error.what());
  }
}

}  // namespace filigree::loader
