#include "loader/model_file.h"

#include <array>
#include <span>
#include <system_error>

#include "loader/file.h"
#include "loader/packed_header.h"

namespace filigree::loader {

std::filesystem::path model_file(const std::filesystem::path& path) {
  std::error_code ignored;  // who opens the file reports what cannot be read
  if (!std::filesystem::is_directory(path, ignored)) return path;
  const std::filesystem::path packed = path / "model.filigree";
  const bool has_onnx = std::filesystem::exists(path / "model.onnx", ignored);
  return !has_onnx && std::filesystem::exists(packed, ignored) ? packed : path / "model.onnx";
}

bool is_packed_file(const std::filesystem::path& file) noexcept {
  try {
    std::array<char, kPackedMagic.size()> begin{};
    File(file).read(0, std::as_writable_bytes(std::span(begin)));
    return begin == kPackedMagic;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace filigree::loader
