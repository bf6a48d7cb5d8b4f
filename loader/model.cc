#include "loader/model.h"

#include <algorithm>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "loader/encoder_pattern.h"
#include "loader/error.h"
#include "loader/interpreter.h"
#include "loader/model_cache.h"
#include "loader/onnx_file.h"
#include "loader/packed_model.h"
#include "loader/passes/canonical_gelu.h"
#include "loader/passes/canonical_layer_norm.h"
#include "loader/passes/canonical_linear.h"
#include "loader/passes/canonical_quantized.h"
#include "loader/passes/fold_constants.h"
#include "loader/passes/narrow_gather.h"
#include "loader/passes/rewrite.h"
#include "loader/pattern/mismatch.h"
#include "loader/weight_copies.h"

namespace filigree::loader {
namespace {

void fold(Graph& graph) {
  narrow_gather(graph);
  fold_constants(graph);
}

Graph canonical(const Graph& graph) {
  Graph result = graph;
  canonicalize_layer_norm(result);
  canonicalize_gelu(result);
  canonicalize_quantized(result);
  canonicalize_linear(result);
  return result;
}

// Ends the encoder after a layer; nothing remains of the graph but that layer's output.
Graph cut_after_layer(EncoderMatch& match, const Graph& graph, std::int64_t layer) {
  const auto layers = static_cast<std::int64_t>(match.layers.size());
  const std::int64_t index = layer < 0 ? layer + layers : layer;
  if (index < 0 || index >= layers)
    throw FormatError("the encoder has " + std::to_string(layers) + " layers, found layer " +
                      std::to_string(layer) + " asked for, expected " + std::to_string(-layers) +
                      " to " + std::to_string(layers - 1));
  match.layers.resize(static_cast<std::size_t>(index) + 1);
  match.output = match.layers.back().output;
  const ValueInfo hidden{
      match.output, DataType::kFloat, {std::nullopt, std::nullopt, std::nullopt}};
  Graph rest;
  rest.file = graph.file;
  rest.opset = graph.opset;
  rest.inputs = {hidden};
  rest.outputs = {hidden};
  return rest;
}

// Sets encoder and rest, or throws Mismatch and leaves the model as it was.
void recognize(Model& model, const Graph& file_graph, const LoadOptions& options) {
  const Graph graph = canonical(model.rest);
  const GraphIndex index(graph);
  EncoderMatch match = match_encoder(index);
  Graph rest = options.hidden_layer ? cut_after_layer(match, model.rest, *options.hidden_layer)
                                    : rest_of_graph(model.rest, match);
  PackedEncoder packed = pack_encoder(index, match, file_graph, options, *model.weight_memory);
  check_rest(rest, match, static_cast<std::int64_t>(packed.encoder.hidden_size));
  model.encoder = std::move(packed.encoder);
  model.matrices = std::move(packed.matrices);
  model.memory_bytes = packed.bytes;
  model.rest = std::move(rest);
  if (options.hidden_layer) model.output_names = {match.output};
}

[[noreturn]] void reject_operator(const Graph& graph, const Node& node) {
  std::string inputs;
  for (const std::string& input : node.inputs)
    inputs += (inputs.empty() ? "" : ", ") + quoted_name(input);
  throw UnsupportedError(graph.file + ": " + describe(node) + ": operator " +
                         (node.domain.empty() ? "" : node.domain + "::") + node.op_type +
                         " of opset " + std::to_string(graph.opset) +
                         " is not implemented; its inputs are " +
                         (inputs.empty() ? "none" : inputs));
}

void check_implemented(const Graph& graph) {
  for (const Node& node : graph.nodes)
    if (!is_implemented(node)) reject_operator(graph, node);
}

// The passes rely on having made every node of their own domain.
void check_domains(const Graph& graph) {
  for (const Node& node : graph.nodes)
    if (node.domain == kFiligreeDomain) reject_operator(graph, node);
}

// Bytes of the initializers of `rest`, those that the encoder's tables share counted once.
std::size_t initializer_bytes(const Model& model) {
  std::unordered_set<const std::byte*> counted;
  if (model.encoder)
    for (const Embeddings::Table& table : model.encoder->embeddings.tables)
      counted.insert(table.tensor.bytes().data());
  std::size_t bytes = 0;
  for (const auto& [name, tensor] : model.rest.initializers)
    if (counted.insert(tensor.bytes().data()).second) bytes += tensor.bytes().size();
  return bytes;
}

// Tensors as the file has them: what is read of the copy does not stay in memory for `graph`.
Graph unread(const Graph& graph) {
  Graph copy = graph;
  for (auto& [name, tensor] : copy.initializers) tensor = tensor.unread();
  for (Node& node : copy.nodes)
    for (Attribute& attribute : node.attributes)
      if (Tensor* tensor = std::get_if<Tensor>(&attribute.value)) *tensor = tensor->unread();
  return copy;
}

// What has remained is read now, and files are closed.
void settle(Model& model) {
  settle(model.rest);
  if (!model.encoder) return;
  for (Embeddings::Table& table : model.encoder->embeddings.tables) {
    table.tensor.settle();
    table.view.data = table.tensor.bytes().data();
  }
}

void share_tensor(Model& model, Tensor& tensor) {
  if (tensor.bytes().size() < kLeastSharedBytes) return;
  auto block = share(tensor);
  if (std::ranges::find(model.blocks, block) == model.blocks.end())
    model.blocks.push_back(std::move(block));
}

void share_tensors(Model& model) {
  if (model.encoder)
    for (Embeddings::Table& table : model.encoder->embeddings.tables) {
      share_tensor(model, table.tensor);
      table.view.data = table.tensor.bytes().data();
    }
  for (auto& [name, tensor] : model.rest.initializers) share_tensor(model, tensor);
}

std::filesystem::path model_file(const std::filesystem::path& path) {
  std::error_code ignored;  // read_onnx reports a path that cannot be read
  return std::filesystem::is_directory(path, ignored) ? path / "model.onnx" : path;
}

// Adds the file's name to errors that name only a node.
template <class Work>
auto named_errors(const std::string& file, Work work) {
  try {
    return work();
  } catch (const UnsupportedError&) {
    throw;
  } catch (const FormatError& error) {
    throw FormatError(file + ": " + error.what());
  }
}

std::shared_ptr<Model> with_file(std::shared_ptr<Model> model, const std::filesystem::path& file) {
  model->file = model->rest.file = file.string();
  share_tensors(*model);
  return model;
}

std::shared_ptr<Model> made_model(const Graph& file_graph, const LoadOptions& options) {
  check_domains(file_graph);
  auto model = std::make_shared<Model>();
  model->weight_memory = std::make_unique<HugePages>(options.placement.pages());
  model->file = file_graph.file;
  for (const ValueInfo& input : file_graph.inputs) model->input_names.push_back(input.name);
  for (const ValueInfo& output : file_graph.outputs) model->output_names.push_back(output.name);
  model->rest = unread(file_graph);
  named_errors(model->file, [&] { fold(model->rest); });
  if (options.recognition == LoadOptions::Recognition::kEncoder) {
    try {
      named_errors(model->file, [&] { recognize(*model, file_graph, options); });
    } catch (const Mismatch& mismatch) {
      if (options.hidden_layer)
        throw FormatError(model->file + ": no encoder recognised, of which layer " +
                          std::to_string(*options.hidden_layer) +
                          " could be read: " + mismatch.what());
      model->warnings.push_back(std::string("no encoder recognised: ") + mismatch.what());
    }
  }
  check_implemented(model->rest);
  named_errors(model->file, [&] { settle(*model); });
  if (model->encoder && options.imposed.zeros > 0)
    model->warnings.push_back(what_if_text(options.imposed));
  share_tensors(*model);
  model->memory_bytes += initializer_bytes(*model);
  return model;
}

}  // namespace

std::shared_ptr<const Model> load_model(const std::filesystem::path& path,
                                        const LoadOptions& options) {
  const std::filesystem::path file = model_file(path);
  std::optional<ModelCache> cache;
  std::vector<std::string> warnings;
  const auto try_cache = [&](auto use) {
    try {
      use();
    } catch (const std::exception& error) {
      warnings.push_back(std::string("the packed model is not used: ") + error.what());
    }
  };
  std::shared_ptr<Model> model;
  if (!options.cache.folder.empty()) {
    cache = named_errors(file.string(), [&] { return ModelCache(file, options); });
    try_cache([&] { model = cache->load(); });
    if (model != nullptr) {
      model = with_file(std::move(model), file);
      place_weights(*model, options.placement);
      return model;
    }
  }
  const Graph graph = read_onnx_structure(file);
  model = made_model(graph, options);
  model->file_bytes = std::filesystem::file_size(file);
  if (cache) try_cache([&] { cache->store(*model, graph.data_files); });
  model->warnings.insert(model->warnings.end(), warnings.begin(), warnings.end());
  place_weights(*model, options.placement);
  return model;
}

std::size_t shared_bytes(const Model& model) noexcept {
  std::size_t bytes = 0;
  for (const auto& block : model.blocks)
    if (block.use_count() > 1) bytes += block->tensor.bytes().size();
  return bytes;
}

std::shared_ptr<const Model> make_model(const Graph& graph, const LoadOptions& options) {
  auto model = made_model(graph, options);
  place_weights(*model, options.placement);
  return model;
}

}  // namespace filigree::loader
