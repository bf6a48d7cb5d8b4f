// An ONNX file, and the same file with nodes and initializers changed. What does not change keeps
// its bytes: names, order, metadata, opsets, types, fields that filigree does not know.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "loader/file.h"
#include "loader/graph.h"
#include "tools/model_maker/wire_writer.h"

namespace filigree::tools {

class OnnxSource {
 public:
  // Reads `file` and the files beside it that hold its external data. Throws FormatError.
  explicit OnnxSource(const std::filesystem::path& file);

  const std::filesystem::path& file() const noexcept { return file_; }
  const loader::Graph& graph() const noexcept { return graph_; }
  // Names of the files with external data, relative to the folder of the model.
  const std::set<std::string>& external_files() const noexcept { return external_files_; }

  // The file with the nodes and initializers of `edited`, which is a changed copy of graph(): a
  // node that equals one of the file, and a tensor that shares its memory with one, are copied as
  // bytes. A changed initializer keeps its place, name and description; new ones go to the end.
  // Graph inputs that only declared a removed initializer, and shapes recorded of values that no
  // longer exist, go. Inputs, outputs and everything else of `edited` are not looked at. External
  // data is written inline. The result refers to this object and to the tensors of `edited`.
  // Throws std::invalid_argument for what cannot be written: more than 2 GiB, external data inside
  // of node attributes.
  WireWriter edited(const loader::Graph& edited) const;

 private:
  std::filesystem::path file_;
  std::string name_;
  loader::FileBytes bytes_;
  loader::Graph graph_;
  std::set<std::string> external_files_;
};

}  // namespace filigree::tools
