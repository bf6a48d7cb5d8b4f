#include "loader/onnx_file.h"

#include <algorithm>
#include <string_view>

#include "loader/error.h"
#include "loader/file.h"
#include "loader/onnx_messages.h"

namespace filigree::loader {

Graph parse_onnx(std::span<const std::byte> bytes, const std::string& file_name,
                 const std::filesystem::path& folder) {
  // What a clone without Git LFS has in place of a model: say that instead of a wire type at offset
  // 0.
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("version https://git-lfs"))
    throw FormatError(file_name + ": is a Git LFS pointer, expected an ONNX model");
  ExternalData external(folder);
  Graph graph = read_model(WireReader(bytes, file_name, "ModelProto"), external);
  check_graph(graph);
  graph.data_files = external.locations();
  return graph;
}

Graph read_onnx(const std::filesystem::path& file) {
  const std::string name = file.string();
  const FileBytes bytes =
      with_context([&] { return name + ": "; }, [&] { return read_file(file); });
  const std::filesystem::path folder = file.parent_path();
  return parse_onnx(bytes.span(), name, folder.empty() ? "." : folder);
}

}  // namespace filigree::loader
