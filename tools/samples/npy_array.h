// Arrays in numpy's .npy form, and .npz archives of them. Untrusted, strict: a header that says
// anything else than numpy writes is refused, and the data must be exactly as long as it says.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "loader/tensor.h"

namespace filigree::tools {

// Little-endian f2, f4, f8, i4, i8, or i1, u1 and bool, in C order (or of at most one dimension
// larger than 1). Throws InputError that begins with `where`.
loader::Tensor parse_npy(std::span<const std::byte> bytes, const std::string& where);

struct NamedArray {
  std::string name;  // of the entry, without ".npy"
  loader::Tensor tensor;
};

// Throws InputError naming file, or `where`, and entry.
std::vector<NamedArray> parse_npz(std::span<const std::byte> bytes, const std::string& where);
std::vector<NamedArray> read_npz(const std::filesystem::path& file);

}  // namespace filigree::tools
