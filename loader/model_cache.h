// Packed models in a folder of the user, so that the next load neither parses nor packs. A file is
// named by device, inode and options, and says which sizes and times of the model's files it was
// made of. Internal to the loader; LoadOptions::cache turns it on.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "loader/model.h"
#include "loader/packed_file.h"

namespace filigree::loader {

class ModelCache {
 public:
  // Of one model and the options it is loaded with. Remembers the file as it is now. Throws
  // FormatError when it cannot be opened.
  ModelCache(std::filesystem::path model_file, const LoadOptions& options);

  // Null when there is none, or one of other files. Throws FormatError for one that cannot be used.
  std::shared_ptr<Model> load() const;

  // Replaces what is there. `data_files` hold the model's external data. Throws FormatError or
  // std::system_error, and then leaves nothing of its own behind; a process that runs out of luck
  // in the middle leaves a file that begins with a dot.
  void store(const Model& model, const std::vector<std::string>& data_files) const;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  PackedSource::File state_of(const std::string& location) const;

  std::filesystem::path model_file_;
  std::filesystem::path path_;
  std::string options_;
  std::string isa_;
  PackedSource::File before_;
  bool verify_;
  PagePlacement pages_;
};

}  // namespace filigree::loader
