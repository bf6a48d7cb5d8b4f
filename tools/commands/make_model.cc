#include <algorithm>
#include <exception>
#include <ostream>

#include "tools/cli/aside_folder.h"
#include "tools/cli/interrupt.h"
#include "tools/commands/commands.h"
#include "tools/model_maker/model_folder.h"
#include "tools/model_maker/vocabulary.h"

namespace filigree::tools {
namespace {

class Interrupted : public std::exception {};

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

ExitCode make_model(const Arguments& arguments, Console& console) {
  const ModelSpec spec = spec_of(arguments);
  const std::filesystem::path target = arguments.required("output");
  const Interrupt interrupt;
  const Checkpoint checkpoint = [&] {
    if (interrupt.requested()) throw Interrupted();
  };
  try {
    AsideFolder folder(target);
    write_model(spec, folder.path(), folder.target().filename().string(), checkpoint);
    folder.commit();
  } catch (const Interrupted&) {
    console.err << "filigree: interrupted; nothing was written\n";
    return ExitCode::kInterrupted;
  } catch (const std::invalid_argument& error) {
    throw InputError(target.string() + ": " + error.what());
  }
  console.out << target.string() << ": " << describe(spec) << ", random weights\n";
  return ExitCode::kOk;
}

}  // namespace

Command make_model_command() {
  return {
      .usage = {.command = "make-model",
                .summary = "Writes a model with random weights: any shape, sparsity and precision.",
                .operands = "",
                .flags = {{"output", "DIR", "the folder to make"},
                          {"family", "NAME", family_names() + " (default bert)"},
                          {"layers", "N", "default 12"},
                          {"hidden", "N", "features of a token (default 768)"},
                          {"heads", "N", "default hidden / 64"},
                          {"intermediate", "N", "default 4 x hidden"},
                          {"vocab", "N", "tokens of the vocabulary (default 30522)"},
                          {"max-tokens", "N", "longest sequence (default 512)"},
                          {"head", "NAME", head_names() + " (default qa)"},
                          {"labels", "N", "of a classification or token head (default 2)"},
                          {"sparsity", "N", "percent of zeros in the encoder's matrices, 0 to 99"},
                          {"pattern", "NAME",
                           pattern_names() +
                               "; blocks are outputs x inputs (default unstructured)"},
                          {"skew", "",
                           "some inputs keep more weights than others, as in trained models"},
                          {"precision", "NAME", precision_names() + " (default fp32)"},
                          {"opset", "N", "11 to 20 (default 14)"},
                          {"seed", "N", "the same seed makes the same bytes (default 0)"}},
                .example =
                    "filigree make-model --output bert-pruned90-int8 --sparsity 90 --precision "
                    "int8"},
      .run = make_model};
}

}  // namespace filigree::tools
