// The reader of numpy's archives on arbitrary bytes: arrays or an InputError, whatever they are.
// The first byte chooses between an archive and a single array, which no checksum protects.
#include <cstddef>
#include <cstdint>
#include <span>

#include "tools/cli/errors.h"
#include "tools/samples/npy_array.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  try {
    if (data[0] % 2 == 0) {
      filigree::tools::parse_npz(bytes, "fuzz.npz");
    } else {
      filigree::tools::parse_npy(bytes, "fuzz.npy");
    }
  } catch (const filigree::tools::InputError&) {
    // The expected answer to nearly every input.
  }
  return 0;
}
