#include "loader/onnx_file.h"

#include <algorithm>
#include <string_view>
#include <variant>

#include "loader/error.h"
#include "loader/file_image.h"
#include "loader/onnx_messages.h"
#include "loader/packed_header.h"

namespace filigree::loader {
namespace {

// What a clone without Git LFS has in place of a model: say that instead of a wire type at offset
// 0.
void refuse_other_files(std::span<const std::byte> bytes, const std::string& file_name) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("version https://git-lfs"))
    throw FormatError(file_name + ": is a Git LFS pointer, expected an ONNX model");
  if (text.starts_with(std::string_view(kPackedMagic.data(), kPackedMagic.size())))
    throw FormatError(file_name + ": is a packed model, expected an ONNX model");
}

Graph parsed(const WireReader& reader, const std::filesystem::path& folder) {
  ExternalData external(folder);
  Graph graph = read_model(reader, external);
  check_graph(graph);
  graph.data_files = external.locations();
  return graph;
}

}  // namespace

void settle(Graph& graph) {
  for (auto& [name, tensor] : graph.initializers) tensor.settle();
  for (Node& node : graph.nodes)
    for (Attribute& attribute : node.attributes)
      if (Tensor* tensor = std::get_if<Tensor>(&attribute.value)) tensor->settle();
}

Graph parse_onnx(std::span<const std::byte> bytes, const std::string& file_name,
                 const std::filesystem::path& folder) {
  refuse_other_files(bytes, file_name);
  Graph graph = parsed(WireReader(bytes, file_name, "ModelProto"), folder);
  with_context([&] { return file_name + ": "; }, [&] { settle(graph); });
  return graph;
}

Graph read_onnx_structure(const std::filesystem::path& file) {
  const FileImage image(file);
  const std::string name = file.string();
  constexpr std::size_t kBeginning = 64;
  const auto beginning = image.span().first(std::min(image.span().size(), kBeginning));
  image.need(beginning);
  refuse_other_files(beginning, name);
  const std::filesystem::path folder = file.parent_path();
  return parsed(WireReader(image, name, "ModelProto"), folder.empty() ? "." : folder);
}

Graph read_onnx(const std::filesystem::path& file) {
  Graph graph = read_onnx_structure(file);
  with_context([&] { return file.string() + ": "; }, [&] { settle(graph); });
  return graph;
}

}  // namespace filigree::loader
