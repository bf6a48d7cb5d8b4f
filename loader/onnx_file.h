// Reads an ONNX model file (protobuf ModelProto) into a Graph. The file is untrusted: every
// malformed byte is a FormatError, never a crash, an endless loop or an allocation larger than the
// file justifies. External data (TensorProto.data_location EXTERNAL) is read from files beside the
// model; a location that is absolute or leaves the model's folder (.., symbolic links) is refused.
// Nodes are checked to be in topological order and single-assignment. Thread-safe; files are read
// into private memory and closed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "loader/graph.h"

namespace filigree::loader {

Graph read_onnx(const std::filesystem::path& file);

// The same, but tensors of 64 KiB and more are deferred (loader/tensor.h): each is read from its
// file when it is used, which stays open for that, and a file that has become shorter is a
// FormatError then.
Graph read_onnx_structure(const std::filesystem::path& file);

// Gets the bytes of every deferred tensor.
void settle(Graph& graph);

// From memory, for tests and fuzzing. `folder` holds external data; empty refuses external data.
Graph parse_onnx(std::span<const std::byte> bytes, const std::string& file_name,
                 const std::filesystem::path& folder = {});

}  // namespace filigree::loader
