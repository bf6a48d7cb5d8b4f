// The files beside a model that hold tensors stored outside it (TensorProto.data_location
// EXTERNAL), and tensors that are read from their file when they are used.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "loader/file.h"
#include "loader/tensor.h"

namespace filigree::loader {

// Smaller tensors are read with the structure of the model.
inline constexpr std::size_t kLeastDeferredBytes = std::size_t{64} << 10;

// The bytes at `offset` of `file`, which stays open for it. `where` begins messages about reading.
Tensor deferred_tensor(DataType type, const Dims& dims, std::shared_ptr<const File> file,
                       std::uint64_t offset, std::string where);

class ExternalData {
 public:
  // An empty folder refuses every location.
  explicit ExternalData(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // The tensor whose bytes lie at `offset` of the file `location`; large ones are deferred. Throws
  // FormatError (without the model's name) when the location is refused (loader/file.h) or the
  // range is outside the file. Ranges that several tensors share are read once; different ranges of
  // a file may not add up to more than the file, so that a small model cannot ask for more memory
  // than its files have.
  Tensor read(const std::string& location, std::uint64_t offset, DataType type, const Dims& dims);

  // Of the files that were read.
  std::vector<std::string> locations() const;

 private:
  struct Source {
    std::shared_ptr<const File> file;
    std::uint64_t claimed = 0;
  };
  std::filesystem::path folder_;
  std::map<std::string, Source> sources_;
  std::map<std::tuple<std::string, std::uint64_t, DataType>, Tensor> tensors_;
};

}  // namespace filigree::loader
