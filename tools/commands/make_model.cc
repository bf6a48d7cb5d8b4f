#include <ostream>
#include <string>

#include "tools/cli/json.h"
#include "tools/cli/output_folder.h"
#include "tools/cli/progress.h"
#include "tools/commands/commands.h"
#include "tools/model_maker/model_folder.h"
#include "tools/model_maker/vocabulary.h"
#include "tools/model_maker/zoo.h"

namespace filigree::tools {
namespace {

// The value that `parse` gives for a flag, `otherwise` when the flag is not there.
template <class Value, class Parse>
Value named(const Arguments& arguments, const std::string& flag, Value otherwise, Parse parse,
            const std::string& names) {
  const auto text = arguments.text(flag);
  if (!text) return otherwise;
  if (const auto value = parse(*text)) return *value;
  throw UsageError("--" + flag + " is '" + *text + "', expected one of " + names);
}

// 64 features each where that divides, as BERT has; else the most heads up to twelve that divide.
std::size_t usual_heads(std::size_t hidden) {
  if (hidden % 64 == 0) return hidden / 64;
  std::size_t heads = 12;
  while (hidden % heads != 0) --heads;
  return heads;
}

Sparsity sparsity_of(const Arguments& arguments) {
  Sparsity sparsity;
  sparsity.percent = arguments.number("sparsity", 0, 99).value_or(0);
  const Pattern usual = sparsity.percent == 0 ? Pattern::kNone : Pattern::kUnstructured;
  sparsity.pattern = named(arguments, "pattern", usual, parse_pattern, pattern_names());
  if (arguments.has("skew")) sparsity.spread = Spread::kSkewed;
  return sparsity;
}

ModelSpec spec_of(const Arguments& arguments) {
  constexpr std::size_t kMostTokens = 1 << 17;
  ModelSpec spec;
  spec.family = named(arguments, "family", spec.family, parse_family, family_names());
  spec.layers = arguments.number("layers", 1, 96).value_or(spec.layers);
  spec.hidden = arguments.number("hidden", 4, 16384).value_or(spec.hidden);
  spec.heads = arguments.number("heads", 1, 1024).value_or(usual_heads(spec.hidden));
  spec.intermediate = arguments.number("intermediate", 4, 65536).value_or(4 * spec.hidden);
  spec.vocabulary = arguments.number("vocab", kLeastVocabulary, 1 << 20).value_or(spec.vocabulary);
  spec.max_tokens = arguments.number("max-tokens", 8, kMostTokens).value_or(spec.max_tokens);
  spec.head = named(arguments, "head", spec.head, parse_head, head_names());
  spec.labels = arguments.number("labels", 1, 10000).value_or(spec.labels);
  spec.sparsity = sparsity_of(arguments);
  spec.precision =
      named(arguments, "precision", spec.precision, parse_precision, precision_names());
  spec.opset = arguments.number("opset", kLeastOpset, kMostOpset).value_or(spec.opset);
  spec.seed = arguments.number("seed", 0, std::size_t{1} << 62).value_or(0);
  check(spec);
  return spec;
}

Json to_json(const ModelSpec& spec, const std::string& target) {
  return Json::object({{"folder", target},
                       {"description", describe(spec)},
                       {"weights", "random"},
                       {"family", family_name(spec.family)},
                       {"layers", spec.layers},
                       {"hidden", spec.hidden},
                       {"heads", spec.heads},
                       {"intermediate", spec.intermediate},
                       {"vocab", spec.vocabulary},
                       {"max_tokens", spec.max_tokens},
                       {"head", head_name(spec.head)},
                       {"labels", spec.labels},
                       {"sparsity", spec.sparsity.percent},
                       {"pattern", pattern_name(spec.sparsity.pattern)},
                       {"precision", precision_name(spec.precision)},
                       {"opset", spec.opset},
                       {"seed", std::size_t{spec.seed}}});
}

ExitCode make_zoo(const Arguments& arguments, const std::string& target, Console& console) {
  for (const char* flag : {"output", "family", "layers", "heads", "intermediate", "head", "labels",
                           "sparsity", "pattern", "skew", "precision"})
    if (arguments.has(flag))
      throw UsageError("--" + std::string(flag) +
                       " does not go with --zoo, whose models differ in it");
  const ModelSpec spec = spec_of(arguments);
  const ZooOptions options{.hidden = spec.hidden,
                           .heads = spec.heads,
                           .vocabulary = spec.vocabulary,
                           .max_tokens = spec.max_tokens,
                           .opset = spec.opset,
                           .seed = spec.seed};
  const ExitCode code =
      make_folder(target, console, [&](const AsideFolder& folder, const Checkpoint& checkpoint) {
        Progress progress(console, zoo_models().size(), "models");
        write_zoo(options, folder.path(), checkpoint,
                  [&](std::size_t done) { progress.advance_to(done); });
      });
  if (code == ExitCode::kOk && arguments.has("json")) {
    Json::Array names;
    for (const ZooModel& model : zoo_models()) names.emplace_back(model.id);
    console.out << to_text(
                       Json::object({{"folder", target},
                                     {"models", std::move(names)},
                                     {"weights", "random"},
                                     {"configs", Json::array({"big-config.yaml", "config.yaml"})}}))
                << "\n";
  } else if (code == ExitCode::kOk) {
    console.out << target << ": " << zoo_models().size()
                << " models with random weights; serve them with --config-file " << target
                << "/big-config.yaml, four of them with " << target << "/config.yaml\n";
  }
  return code;
}

ExitCode make_model(const Arguments& arguments, Console& console) {
  if (const auto zoo = arguments.text("zoo")) return make_zoo(arguments, *zoo, console);
  const ModelSpec spec = spec_of(arguments);
  const std::string target = arguments.required("output");
  const ExitCode code =
      make_folder(target, console, [&](const AsideFolder& folder, const Checkpoint& checkpoint) {
        write_model(spec, folder.path(), folder.target().filename().string(), checkpoint);
      });
  if (code == ExitCode::kOk && arguments.has("json"))
    console.out << to_text(to_json(spec, target)) << "\n";
  else if (code == ExitCode::kOk)
    console.out << target << ": " << describe(spec) << ", random weights\n";
  return code;
}

}  // namespace

Command make_model_command() {
  return {
      .usage =
          {.command = "make-model",
           .summary = "Writes a model with random weights: any shape, sparsity and precision.",
           .operands = "",
           .flags = {{"output", "DIR", "the folder to make"},
                     {"zoo", "DIR",
                      "instead: the 19 models of the SparseServer.UI demo with their YAML; of the "
                      "flags below takes hidden, vocab, max-tokens, opset, seed"},
                     {"family", "NAME", family_names() + " (default bert)", family_names()},
                     {"layers", "N", "default 12"},
                     {"hidden", "N", "features of a token (default 768)"},
                     {"heads", "N", "default hidden / 64"},
                     {"intermediate", "N", "default 4 x hidden"},
                     {"vocab", "N", "tokens of the vocabulary (default 30522)"},
                     {"max-tokens", "N", "longest sequence (default 512)"},
                     {"head", "NAME", head_names() + " (default qa)", head_names()},
                     {"labels", "N", "of a classification or token head (default 2)"},
                     {"sparsity", "N", "percent of zeros in the encoder's matrices, 0 to 99"},
                     {"pattern", "NAME",
                      pattern_names() + "; blocks are outputs x inputs (default unstructured)",
                      pattern_names()},
                     {"skew", "",
                      "some inputs keep more weights than others, as in trained models"},
                     {"precision", "NAME", precision_names() + " (default fp32)",
                      precision_names()},
                     {"opset", "N", "11 to 20 (default 14)"},
                     {"seed", "N", "the same seed makes the same bytes (default 0)"},
                     {"json", "", "print what was made as JSON"}},
           .example = "filigree make-model --output bert-pruned90-int8 --sparsity 90 --precision "
                      "int8"},
      .run = make_model};
}

}  // namespace filigree::tools
