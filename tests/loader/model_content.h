// Models as bytes, to compare them.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "loader/model.h"
#include "loader/packed_file.h"

namespace filigree::loader {

// Everything of a model that a packed file holds. `folder` is for a file that is gone afterwards.
inline std::string content_of(const Model& model, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "compared";
  write_packed(path, model, {});
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  std::filesystem::remove(path);
  return text;
}

}  // namespace filigree::loader
