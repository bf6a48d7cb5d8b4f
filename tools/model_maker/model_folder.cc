#include "tools/model_maker/model_folder.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tools/cli/files.h"
#include "tools/model_maker/calibration.h"
#include "tools/model_maker/describe_files.h"
#include "tools/model_maker/half_storage.h"
#include "tools/model_maker/onnx_writer.h"
#include "tools/model_maker/quantizer.h"
#include "tools/model_maker/vocabulary.h"

namespace filigree::tools {
namespace {

loader::Graph half_graph(FloatModel model) {
  std::set<std::string> matrices = std::move(model.linear_weights);
  matrices.merge(model.tables);
  store_as_half(model.graph, matrices);
  return std::move(model.graph);
}

loader::Graph quantized_graph(FloatModel model, const ModelSpec& spec,
                              const Checkpoint& checkpoint) {
  const QuantizedForm form = form_of(spec.precision);
  const std::vector<std::string> values = observed_values(model, form);
  const std::vector<loader::Values> samples = random_samples(model.graph, spec);
  const Ranges ranges = observe_ranges(model.graph, samples, values, checkpoint);
  return quantized(std::move(model), ranges, form);
}

}  // namespace

loader::Graph make_graph(const ModelSpec& spec, const Checkpoint& checkpoint) {
  FloatModel model = make_float_model(spec, checkpoint);
  if (spec.precision == Precision::kFloat32) return std::move(model.graph);
  if (spec.precision == Precision::kFloat16) return half_graph(std::move(model));
  return quantized_graph(std::move(model), spec, checkpoint);
}

void write_model(const ModelSpec& spec, const std::filesystem::path& folder,
                 const std::string& name, const Checkpoint& checkpoint) {
  const loader::Graph graph = make_graph(spec, checkpoint);
  const std::string axes[] = {"batch", "sequence"};
  const WireWriter model = onnx_bytes(graph, axes);
  checkpoint();
  write_file(folder / "model.onnx", model.pieces());
  checkpoint();
  const std::vector<std::string> vocabulary = make_vocabulary(spec.family, spec.vocabulary);
  write_file(folder / "config.json", config_json(spec));
  write_file(folder / "tokenizer.json", tokenizer_json(spec.family, vocabulary));
  write_file(folder / "tokenizer_config.json", tokenizer_config_json(spec));
  write_file(folder / "special_tokens_map.json", special_tokens_json(spec.family));
  write_file(folder / "card.json", card_json(spec, name, model.size()));
}

}  // namespace filigree::tools
