#include "tools/model_maker/zoo.h"

#include <string>

#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

constexpr std::string_view kStubPrefix =
    "zoo:nlp/question_answering/bert-base/pytorch/huggingface/squad/";

constexpr Sparsity unstructured(std::size_t percent) {
  return {.pattern = Pattern::kUnstructured, .percent = percent, .spread = Spread::kSkewed};
}

constexpr Sparsity blocks(std::size_t percent) {
  return {.pattern = Pattern::k1x4, .percent = percent, .spread = Spread::kSkewed};
}

constexpr auto kBoth = ZooModel::Listed::kInBoth;
constexpr auto kBig = ZooModel::Listed::kInBigOnly;
constexpr auto kFloat = Precision::kFloat32;
constexpr auto kInt8 = Precision::kInt8;

// The numbers in the stubs are percents of the base model's accuracy, not of zeros; the zeros are
// chosen: 80 % for the most accurate model of a depth and kind, 95 % for the least. The one stub
// that says both names 80 % and vnni, which meant blocks of four inputs.
constexpr ZooModel kModels[] = {
    {"pruned_quant", "pruned_quant-aggressive_95", 12, unstructured(90), kInt8, kBig},
    {"quantmod", "pruned_quant-moderate", 12, unstructured(80), kInt8, kBig},
    {"agg98", "pruned-aggressive_98", 12, unstructured(90), kFloat, kBig},
    {"agg94", "pruned-aggressive_94", 12, unstructured(95), kFloat, kBig},
    {"conserv", "pruned-conservative", 12, unstructured(80), kFloat, kBig},
    {"quant6lagg96", "pruned_quant_6layers-aggressive_96", 6, unstructured(80), kInt8, kBoth},
    {"quant6lagg91", "pruned_quant_6layers-aggressive_91", 6, unstructured(90), kInt8, kBig},
    {"6lagg98", "pruned_6layers-aggressive_98", 6, unstructured(80), kFloat, kBig},
    {"6lagg97", "pruned_6layers-aggressive_97", 6, unstructured(85), kFloat, kBig},
    {"6lagg96", "pruned_6layers-aggressive_96", 6, unstructured(90), kFloat, kBig},
    {"6lagg94", "pruned_6layers-aggressive_94", 6, unstructured(95), kFloat, kBig},
    {"quant3lagg89", "pruned_quant_3layers-aggressive_89", 3, unstructured(80), kInt8, kBoth},
    {"quant3lagg84", "pruned_quant_3layers-aggressive_84", 3, unstructured(90), kInt8, kBig},
    {"3lagg90", "pruned_3layers-aggressive_90", 3, unstructured(80), kFloat, kBig},
    {"3lagg89", "pruned_3layers-aggressive_89", 3, unstructured(85), kFloat, kBig},
    {"3lagg86", "pruned_3layers-aggressive_86", 3, unstructured(90), kFloat, kBig},
    {"3lagg83", "pruned_3layers-aggressive_83", 3, unstructured(95), kFloat, kBig},
    {"12l_pruned80_quant", "12layer_pruned80_quant-none-vnni", 12, blocks(80), kInt8, kBoth},
    {"base", "base-none", 12, Sparsity{}, kFloat, kBoth},
};

ModelSpec spec_of(const ZooModel& model, const ZooOptions& options) {
  ModelSpec spec;
  spec.layers = model.layers;
  spec.hidden = options.hidden;
  spec.heads = options.heads;
  spec.intermediate = 4 * options.hidden;
  spec.vocabulary = options.vocabulary;
  spec.max_tokens = options.max_tokens;
  spec.sparsity = model.sparsity;
  spec.precision = model.precision;
  spec.opset = options.opset;
  spec.seed = options.seed;
  return spec;
}

std::string stub_of(const ZooModel& model) {
  return std::string(kStubPrefix) + std::string(model.stub);
}

template <class Keep>
std::string yaml(const std::string& comment, Keep keep) {
  std::string models = "# " + comment + " Weights are random.\nmodels:\n";
  std::string endpoints = "num_cores: 1\nnum_workers: 1\nendpoints:\n";
  for (const ZooModel& model : kModels) {
    if (!keep(model)) continue;
    const std::string id(model.id), stub = stub_of(model);
    models += "  \"" + stub + "\": " + id + "\n";
    endpoints += "  - task: question_answering\n    model: " + stub +
                 "\n    batch_size: 1\n    route: /predict/question_answering/" + id + "\n";
  }
  return models + endpoints;
}

}  // namespace

std::span<const ZooModel> zoo_models() noexcept { return kModels; }

void write_zoo(const ZooOptions& options, const std::filesystem::path& folder,
               const Checkpoint& checkpoint, const std::function<void(std::size_t)>& done) {
  std::size_t count = 0;
  for (const ZooModel& model : kModels) {
    const std::filesystem::path target = folder / model.id;
    std::filesystem::create_directory(target);
    write_model(spec_of(model, options), target, std::string(model.id), checkpoint);
    done(++count);
  }
  write_file(folder / "big-config.yaml",
             yaml("All nineteen models.", [](const ZooModel&) { return true; }));
  write_file(folder / "config.yaml",
             yaml("The four models of the demo.",
                  [](const ZooModel& model) { return model.listed == ZooModel::Listed::kInBoth; }));
}

}  // namespace filigree::tools
