#include "tools/compress/onnx_source.h"

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "loader/error.h"
#include "loader/onnx_file.h"
#include "tools/compress/wire_fields.h"
#include "tools/model_maker/onnx_writer.h"

namespace filigree::tools {
namespace {

using loader::Attribute;
using loader::Graph;
using loader::Node;
using loader::Tensor;

// Field numbers of onnx.proto.
constexpr std::uint32_t kModelGraph = 7, kModelFunction = 25, kFunctionNode = 7;
constexpr std::uint32_t kNode = 1, kInitializer = 5, kGraphInput = 11, kValueInfo = 13;
constexpr std::uint32_t kNodeAttribute = 5;
constexpr std::uint32_t kAttributeTensor = 5, kAttributeGraph = 6, kAttributeTensors = 10,
                        kAttributeGraphs = 11;
constexpr std::uint32_t kTensorName = 8, kExternalData = 13, kValueName = 1;
constexpr std::uint32_t kEntryKey = 1, kEntryValue = 2;
// What a tensor's shape, type and elements are stored in; the rest is its name and description.
constexpr std::uint32_t kTensorContent[] = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, kExternalData, 14};

// Nesting of subgraphs that is followed in search of external data.
constexpr int kDeepest = 32;

bool same_tensor(const Tensor& a, const Tensor& b) {
  return a.type() == b.type() && a.dims() == b.dims() && a.bytes().data() == b.bytes().data();
}

bool same_value(const Attribute& a, const Attribute& b) {
  if (a.name != b.name || a.value.index() != b.value.index()) return false;
  return std::visit(
      [&](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        const auto& other = std::get<Value>(b.value);
        if constexpr (std::is_same_v<Value, Tensor>)
          return same_tensor(value, other);
        else if constexpr (std::is_same_v<Value, loader::UnreadValue>)
          return value.kind == other.kind;
        else
          return value == other;
      },
      a.value);
}

bool same_node(const Node& a, const Node& b) {
  return a.op_type == b.op_type && a.domain == b.domain && a.name == b.name &&
         a.inputs == b.inputs && a.outputs == b.outputs &&
         std::ranges::equal(a.attributes, b.attributes, same_value);
}

// Values are assigned once, so a node's first output names it.
const std::string& identity(const Node& node) {
  static const std::string none;
  const auto output =
      std::ranges::find_if(node.outputs, [](const std::string& name) { return !name.empty(); });
  return output == node.outputs.end() ? none : *output;
}

std::string external_location(const WireMessage& tensor) {
  std::string location;
  for (const WireField& field : fields_of(tensor))
    if (field.number == kExternalData && text_field(tensor.inner(field), kEntryKey) == "location")
      location = text_field(tensor.inner(field), kEntryValue);
  return location;
}

void refuse_external_attributes(const WireMessage& node, int depth);

void refuse_external_tensors(const WireMessage& attribute, int depth) {
  if (depth > kDeepest) throw std::invalid_argument("subgraphs are nested too deeply");
  for (const WireField& field : fields_of(attribute)) {
    const bool tensor = field.number == kAttributeTensor || field.number == kAttributeTensors;
    if (tensor && !external_location(attribute.inner(field)).empty())
      throw std::invalid_argument(
          "a node attribute has external data, which is not written inline");
    if (field.number != kAttributeGraph && field.number != kAttributeGraphs) continue;
    const WireMessage graph = attribute.inner(field);
    for (const WireField& part : fields_of(graph)) {
      if (part.number == kInitializer && !external_location(graph.inner(part)).empty())
        throw std::invalid_argument("a subgraph has external data, which is not written inline");
      if (part.number == kNode) refuse_external_attributes(graph.inner(part), depth + 1);
    }
  }
}

void refuse_external_attributes(const WireMessage& node, int depth) {
  for (const WireField& field : fields_of(node))
    if (field.number == kNodeAttribute) refuse_external_tensors(node.inner(field), depth);
}

class GraphEdit {
 public:
  GraphEdit(const WireMessage& graph, const Graph& source, const Graph& edited)
      : message_(graph), fields_(fields_of(graph)), source_(source), edited_(edited) {
    for (const WireField& field : fields_)
      if (field.number == kNode) {
        refuse_external_attributes(message_.inner(field), 0);
        node_fields_.push_back(&field);
      }
    for (std::size_t i = 0; i < source_.nodes.size(); ++i)
      source_nodes_.emplace(identity(source_.nodes[i]), i);
    for (const auto& [name, tensor] : edited_.initializers) known_.insert(name);
    for (const loader::ValueInfo& input : edited_.inputs) known_.insert(input.name);
    for (const Node& node : edited_.nodes) known_.insert(node.outputs.begin(), node.outputs.end());
  }

  WireWriter bytes() && {
    bool nodes_written = false;
    for (const WireField& field : fields_) {
      if (field.number != kNode) {
        other(field);
      } else if (!std::exchange(nodes_written, true)) {
        nodes();
      }
    }
    if (!nodes_written) nodes();
    for (const auto& [name, tensor] : edited_.initializers)
      if (!source_.initializers.contains(name)) added(name, tensor);
    return std::move(out_);
  }

 private:
  void nodes() {
    for (const Node& node : edited_.nodes) {
      const auto found = source_nodes_.find(identity(node));
      if (found != source_nodes_.end() && same_node(node, source_.nodes[found->second]))
        out_.encoded(node_fields_[found->second]->bytes);
      else
        out_.message(kNode, node_bytes(node));
    }
  }

  void other(const WireField& field) {
    switch (field.number) {
      case kInitializer:
        return initializer(field);
      case kGraphInput: {
        const std::string name = text_field(message_.inner(field), kValueName);
        declares_initializers_ |= source_.initializers.contains(name);
        if (known_.contains(name)) out_.encoded(field.bytes);
        return;
      }
      case kValueInfo:
        if (known_.contains(text_field(message_.inner(field), kValueName)))
          out_.encoded(field.bytes);
        return;
      default:
        out_.encoded(field.bytes);
    }
  }

  void initializer(const WireField& field) {
    const WireMessage tensor = message_.inner(field);
    const std::string name = text_field(tensor, kTensorName);
    const auto found = edited_.initializers.find(name);
    if (found == edited_.initializers.end()) return;
    if (same_tensor(found->second, source_.initializers.at(name)) &&
        external_location(tensor).empty()) {
      out_.encoded(field.bytes);
      return;
    }
    WireWriter replaced = tensor_bytes(found->second, "");
    for (const WireField& part : fields_of(tensor))
      if (std::ranges::find(kTensorContent, part.number) == std::end(kTensorContent))
        replaced.encoded(part.bytes);
    out_.message(kInitializer, std::move(replaced));
  }

  // Files of before IR version 4 declare every initializer as an input, too.
  void added(const std::string& name, const Tensor& tensor) {
    out_.message(kInitializer, tensor_bytes(tensor, name));
    if (!declares_initializers_) return;
    loader::ValueInfo info{.name = name, .type = tensor.type(), .dims = {}};
    info.dims.assign(tensor.dims().begin(), tensor.dims().end());
    out_.message(kGraphInput, value_bytes(info, {}));
  }

  WireMessage message_;
  std::vector<WireField> fields_;
  const Graph& source_;
  const Graph& edited_;
  std::vector<const WireField*> node_fields_;
  std::unordered_map<std::string, std::size_t> source_nodes_;
  std::unordered_set<std::string> known_;
  bool declares_initializers_ = false;
  WireWriter out_;
};

}  // namespace

OnnxSource::OnnxSource(const std::filesystem::path& file) : file_(file), name_(file.string()) {
  bytes_ =
      loader::with_context([&] { return name_ + ": "; }, [&] { return loader::read_file(file); });
  const std::filesystem::path folder = file.parent_path();
  graph_ = loader::parse_onnx(bytes_.span(), name_, folder.empty() ? "." : folder);
  const WireMessage model{bytes_.span(), name_, bytes_.span()};
  for (const WireField& field : fields_of(model)) {
    if (field.number != kModelGraph) continue;
    const WireMessage graph = model.inner(field);
    for (const WireField& part : fields_of(graph))
      if (part.number == kInitializer)
        if (std::string location = external_location(graph.inner(part)); !location.empty())
          external_files_.insert(std::move(location));
  }
}

WireWriter OnnxSource::edited(const Graph& edited) const {
  const WireMessage model{bytes_.span(), name_, bytes_.span()};
  WireWriter out;
  for (const WireField& field : fields_of(model)) {
    if (field.number == kModelFunction) {
      const WireMessage function = model.inner(field);
      for (const WireField& part : fields_of(function))
        if (part.number == kFunctionNode) refuse_external_attributes(function.inner(part), 0);
    }
    if (field.number == kModelGraph)
      out.message(kModelGraph, GraphEdit(model.inner(field), graph_, edited).bytes());
    else
      out.encoded(field.bytes);
  }
  check_file_size(out.size());
  return out;
}

}  // namespace filigree::tools
