// The ONNX reader on arbitrary bytes: a graph or a FormatError, whatever they are. Built as a
// libFuzzer target with FILIGREE_BUILD_FUZZ, and always as a program that replays the committed
// corpus.
#include <cstddef>
#include <cstdint>
#include <span>

#include "loader/error.h"
#include "loader/onnx_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    filigree::loader::parse_onnx(std::as_bytes(std::span(data, size)), "fuzz.onnx");
  } catch (const filigree::loader::FormatError&) {
    // The expected answer to nearly every input.
  }
  return 0;
}
