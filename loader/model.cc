#include "loader/model.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "loader/cache_writer.h"
#include "loader/encoder_pattern.h"
#include "loader/error.h"
#include "loader/give_way.h"
#include "loader/hidden_layer.h"
#include "loader/interpreter.h"
#include "loader/model_bytes.h"
#include "loader/model_cache.h"
#include "loader/model_file.h"
#include "loader/onnx_file.h"
#include "loader/packed_model.h"
#include "loader/passes/canonical_byte_product.h"
#include "loader/passes/canonical_gelu.h"
#include "loader/passes/canonical_layer_norm.h"
#include "loader/passes/canonical_linear.h"
#include "loader/passes/canonical_qdq.h"
#include "loader/passes/canonical_quantized.h"
#include "loader/passes/fold_constants.h"
#include "loader/passes/narrow_gather.h"
#include "loader/passes/rewrite.h"
#include "loader/pattern/mismatch.h"
#include "loader/portable_model.h"
#include "loader/weight_copies.h"

namespace filigree::loader {
namespace {

// Byte matrices stay behind their DequantizeLinear; those of tables become known only when their
// scales are constants. Gives what folding those, too, may make.
std::size_t fold(Graph& graph) {
  narrow_gather(graph);
  std::size_t budget = fold_budget(graph);
  fold_constants(graph, budget, ByteMatrices::kKept);
  narrow_gather(graph);
  return budget;
}

void fold_byte_matrices(Graph& graph, std::size_t budget) {
  fold_constants(graph, budget, ByteMatrices::kFolded);
}

Graph canonical(const Graph& graph, std::size_t budget) {
  Graph result = graph;
  for (const auto pass : {canonicalize_layer_norm, canonicalize_gelu, canonicalize_qdq,
                          canonicalize_byte_products, canonicalize_quantized}) {
    give_way();
    pass(result);
  }
  give_way();
  fold_byte_matrices(result, budget);
  canonicalize_linear(result);
  give_way();
  return result;
}

// Ends the encoder after a layer; nothing remains of the graph but that layer's output.
Graph cut_after_layer(EncoderMatch& match, const Graph& graph, std::int64_t layer) {
  match.layers.resize(layer_index(match.layers.size(), layer) + 1);
  match.output = match.layers.back().output;
  return hidden_state_graph(graph, match.output);
}

// Sets encoder and rest, or throws Mismatch and leaves the model as it was. `budget` is what fold()
// gave.
void recognize(Model& model, const Graph& file_graph, const LoadOptions& options,
               std::size_t budget) {
  const Graph graph = canonical(model.rest, budget);
  const GraphIndex index(graph);
  EncoderMatch match = match_encoder(index);
  Graph rest = options.hidden_layer ? cut_after_layer(match, model.rest, *options.hidden_layer)
                                    : rest_of_graph(model.rest, match);
  fold_byte_matrices(rest, budget);
  PackedEncoder packed = pack_encoder(index, match, file_graph, options, *model.weight_memory);
  check_rest(rest, match, static_cast<std::int64_t>(packed.encoder.hidden_size));
  model.encoder = std::move(packed.encoder);
  model.matrices = std::move(packed.matrices);
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
  const std::size_t budget = named_errors(model->file, [&] { return fold(model->rest); });
  if (options.recognition == LoadOptions::Recognition::kEncoder) {
    try {
      named_errors(model->file, [&] { recognize(*model, file_graph, options, budget); });
    } catch (const Mismatch& mismatch) {
      if (options.hidden_layer)
        throw FormatError(model->file + ": no encoder recognised, of which layer " +
                          std::to_string(*options.hidden_layer) +
                          " could be read: " + mismatch.what());
      model->warnings.push_back(std::string("no encoder recognised: ") + mismatch.what());
    }
  }
  named_errors(model->file, [&] { fold_byte_matrices(model->rest, budget); });
  check_implemented(model->rest);
  named_errors(model->file, [&] { settle(*model); });
  if (model->encoder && options.imposed.zeros > 0)
    model->warnings.push_back(what_if_text(options.imposed));
  share_tensors(*model);
  model->memory_bytes = memory_bytes(*model);
  return model;
}

std::shared_ptr<const Model> loaded_model(const std::filesystem::path& path,
                                          const LoadOptions& options, CacheWriter* writer) {
  const std::filesystem::path file = model_file(path);
  const auto placed = [&](std::shared_ptr<Model> packed) {
    packed = with_file(std::move(packed), file);
    place_weights(*packed, options.placement);
    return packed;
  };
  if (is_packed_file(file)) return placed(load_portable(file, options));
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
    if (model != nullptr) return placed(std::move(model));
  }
  const Graph graph = read_onnx_structure(file);
  model = made_model(graph, options);
  model->file_bytes = std::filesystem::file_size(file);
  // Once the writer has the model nothing may be added to it: neither warnings nor copies for
  // nodes.
  const bool is_final =
      warnings.empty() && options.placement.policy == WeightPlacement::Policy::kSystem;
  if (cache && writer != nullptr && is_final) {
    writer->add(
        [cache = *cache, loaded = std::weak_ptr<const Model>(model), files = graph.data_files] {
          if (const auto there = loaded.lock()) cache.store(*there, files);
        });
    return model;
  }
  if (cache) try_cache([&] { cache->store(*model, graph.data_files); });
  model->warnings.insert(model->warnings.end(), warnings.begin(), warnings.end());
  place_weights(*model, options.placement);
  return model;
}

}  // namespace

std::shared_ptr<const Model> load_model(const std::filesystem::path& path,
                                        const LoadOptions& options) {
  return loaded_model(path, options, nullptr);
}

std::shared_ptr<const Model> load_model(const std::filesystem::path& path,
                                        const LoadOptions& options, CacheWriter& writer) {
  return loaded_model(path, options, &writer);
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
