// A file at consecutive addresses, read piece by piece: what has the structure of a large model
// need not read its weights. The pages are private memory of the process, never a mapping of the
// file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "loader/file.h"

namespace filigree::loader {

class FileImage {
 public:
  // Opens the file. Throws FormatError with its name, std::bad_alloc without addresses for it.
  explicit FileImage(const std::filesystem::path& path);
  FileImage(const FileImage&) = delete;
  FileImage& operator=(const FileImage&) = delete;
  ~FileImage();

  // Of the size that the file had when it was opened. Unspecified until need() has read it.
  std::span<const std::byte> span() const noexcept { return {pages_, size_}; }
  // Reads what is not here yet of `part` of span(), and some bytes around it. Throws FormatError
  // with the file's name when the file has become shorter. One thread at a time.
  void need(std::span<const std::byte> part) const;
  // To read pieces of it elsewhere; stays open as long as somebody holds it.
  const std::shared_ptr<const File>& file() const noexcept { return file_; }

 private:
  std::string name_;
  std::shared_ptr<const File> file_;
  std::size_t size_ = 0;
  std::byte* pages_ = nullptr;
  mutable std::vector<bool> here_;  // by block
};

}  // namespace filigree::loader
