// How much memory a model will take, before anything of it is read.
#pragma once

#include <cstddef>
#include <filesystem>

#include "loader/model.h"

namespace filigree::loader {

// About Model::memory_bytes: what the packed model (in the cache, or the file itself) takes, or
// else what the ONNX file and external data beside it take on the disk, which is more for a sparse
// model and may be less for one with float16 weights. With weights that are replicated, for each
// further node the matrices of the packed model once more, or else all of the ONNX file. 0 for what
// is not there. Never throws for a model that cannot be loaded.
std::size_t expected_memory_bytes(const std::filesystem::path& path, const LoadOptions& options);

}  // namespace filigree::loader
