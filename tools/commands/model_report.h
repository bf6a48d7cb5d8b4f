// What `inspect` and `analyze` say of a model before it runs, as text and as JSON.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "loader/model.h"
#include "serve/json.h"

namespace filigree::tools {

struct ModelReport {
  loader::Graph signature;  // inputs, outputs and operators of an ONNX file as it is; of a packed
                            // one the names of the former and what is left of the latter
  std::string packed_for;   // instruction set; "" for an ONNX file
  std::shared_ptr<const loader::Model> model;
  serve::Json card;  // card.json beside the file; null when there is none
};

// `path` is an .onnx or a packed file, or a folder with one. Throws FormatError, and InputError for
// the card.
ModelReport read_report(const std::filesystem::path& path, const loader::LoadOptions& options);

// Without the list of matrices.
std::string summary_text(const ModelReport& report);
std::string report_text(const ModelReport& report);
std::string report_json(const ModelReport& report);

}  // namespace filigree::tools
