// Packed models to give away: a packed file (loader/packed_file.h) by itself, in place of an ONNX
// file. Made for the kernels of one instruction set; for another one, its matrices are packed again
// when it is loaded: the same outputs bit by bit, and no ONNX file is needed.
#pragma once

#include <filesystem>
#include <memory>

#include "loader/model.h"

namespace filigree::loader {

// Packs the model at `from` for options.isa, which this CPU need not have, and writes `to`,
// complete or not at all. Only isa and threads of the options matter. Throws what load_model()
// throws; FormatError when `to` is the model itself, std::system_error when it cannot be written.
void pack_model(const std::filesystem::path& from, const std::filesystem::path& to,
                const LoadOptions& options);

// Reads a file that pack_model() made, as untrusted as any other. With a hidden_layer before the
// last its output is called as that of the last one, with " of layer N" behind. A model that was
// packed again has a warning about it. Throws FormatError for what a packed file cannot give: a
// model without recognition, a what-if.
std::shared_ptr<Model> load_portable(const std::filesystem::path& file, const LoadOptions& options);

}  // namespace filigree::loader
