// A real file cut or damaged at every byte: an error or a graph, never a crash. The sanitizer
// builds see the rest.
#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "loader/error.h"
#include "loader/file.h"
#include "loader/onnx_file.h"

namespace filigree::loader {
namespace {

enum class Outcome { kGraph, kRefused };

Outcome outcome(std::span<const std::byte> bytes) {
  try {
    parse_onnx(bytes, "m.onnx");
    return Outcome::kGraph;
  } catch (const FormatError&) {
    return Outcome::kRefused;
  }
}

FileBytes model() { return read_file(FILIGREE_SOURCE_DIR "/tests/golden/operators/opset_17.onnx"); }

TEST(OnnxTruncation, EveryPrefixIsRefusedOrIsAGraph) {
  const FileBytes whole = model();
  ASSERT_EQ(outcome(whole.span()), Outcome::kGraph);
  std::size_t refused = 0;
  for (std::size_t length = 0; length < whole.size; ++length) {
    // A copy of exactly this length: reading past it is visible to the address sanitizer.
    const std::vector<std::byte> prefix(whole.span().begin(),
                                        whole.span().begin() + static_cast<std::ptrdiff_t>(length));
    refused += outcome(prefix) == Outcome::kRefused ? 1 : 0;
  }
  // The opset import comes last: no prefix is complete.
  EXPECT_EQ(refused, whole.size);
}

TEST(OnnxTruncation, EveryDamagedByteIsRefusedOrIsAGraph) {
  const FileBytes whole = model();
  std::vector<std::byte> damaged(whole.span().begin(), whole.span().end());
  std::size_t refused = 0;
  for (std::byte& byte : damaged) {
    const std::byte original = byte;
    for (const int value : {0x00, 0x7f, 0x80, 0xff}) {
      byte = static_cast<std::byte>(value);
      refused += outcome(damaged) == Outcome::kRefused ? 1 : 0;
    }
    byte = original;
  }
  EXPECT_GT(refused, whole.size / 4);
}

}  // namespace
}  // namespace filigree::loader
