#include <cstdio>
#include <ostream>

#include "kernels/kernel_table.h"
#include "runtime/topology.h"
#include "tools/cli/json.h"
#include "tools/cli/progress.h"
#include "tools/commands/commands.h"
#include "tools/commands/compression.h"
#include "tools/commands/isa_flag.h"
#include "tools/compress/quantize_model.h"

namespace filigree::tools {
namespace {

CardChange card_change(const Arguments& arguments, const std::string& name) {
  const std::filesystem::path text = arguments.required("calibration");
  return {.name = name,
          .how =
              "Quantised by `filigree quantize` to static int8 (SparseML form), ranges of "
              "activations from the calibration text " +
              text.filename().string() + "; no training afterwards.",
          .size_bytes = 0,
          .members = {{"precision", "SparseML static int8"}}};
}

Json score_json(const SquadScore& score) {
  return Json::object({{"exact_match", 100 * score.exact_match}, {"f1", 100 * score.f1}});
}

void print_json(const QuantizedModel& model, const std::optional<ScoreChange>& change,
                std::ostream& out) {
  Json::Array errors, layers;
  for (const double error : model.layer_errors) errors.emplace_back(error);
  for (const std::size_t layer : model.float_attention) layers.emplace_back(layer);
  Json json = Json::object(
      {{"layer_output_errors", std::move(errors)}, {"float_attention", std::move(layers)}});
  if (change) {
    json.add("before", score_json(change->before));
    json.add("after", score_json(change->after));
  }
  out << serve::to_text(json) << "\n";
}

void print(const QuantizedModel& model, std::ostream& out) {
  char text[64];
  for (std::size_t layer = 0; layer < model.layer_errors.size(); ++layer) {
    std::snprintf(text, sizeof text, "layer %zu output error %.2f %%", layer,
                  100 * model.layer_errors[layer]);
    out << text << "\n";
  }
  for (const std::size_t layer : model.float_attention)
    out << "layer " << layer << ": the products of attention stay float\n";
}

ExitCode quantize(const Arguments& arguments, Console& console) {
  const double percentile = arguments.decimal("percentile", 90, 100).value_or(100);
  const std::string output = arguments.required("output");
  arguments.required("calibration");
  const ModelPath path = model_path(arguments);
  const Accuracy accuracy(arguments);
  const auto cores = arguments.number("num-cores", 1, 4096).value_or(0);
  QuantizedModel quantized;
  std::optional<ScoreChange> change;
  const ExitCode code =
      make_folder(output, console, [&](const AsideFolder& folder, const Checkpoint& checkpoint) {
        const OnnxSource source(path.file);
        const auto model = loader::make_model(source.graph(), {.isa = chosen_isa(arguments).isa});
        if (!model->encoder) throw InputError(path.file.string() + ": " + model->warnings.front());
        const auto sequences = calibration_of(arguments, path, *model);
        if (accuracy.is_measured())
          change.emplace().before = accuracy.measure(path.file, checkpoint, console);
        {
          Progress progress(console, model->encoder->layers.size(), "layers");
          quantized = quantize_on_text(
              source.graph(), *model, sequences,
              {.table = kernels::table_for(chosen_isa(arguments).isa),
               .threads = runtime::choose_cores(runtime::process_topology(), cores).cores,
               .percentile = percentile,
               .checkpoint = checkpoint,
               .progress = [&](std::size_t done) { progress.advance_to(done); }});
        }
        write_model_folder(source, quantized.graph, folder.path(),
                           card_change(arguments, folder.target().filename().string()));
        if (change) change->after = accuracy.measure(folder.path(), checkpoint, console);
      });
  if (code != ExitCode::kOk) return code;
  if (arguments.has("json")) {
    print_json(quantized, change, console.out);
    return code;
  }
  print(quantized, console.out);
  console.out << output << ": static int8\n"
              << accuracy_text(change, arguments, accuracy.questions()) << "\n";
  return code;
}

std::vector<Flag> flags() {
  std::vector<Flag> flags = compression_flags();
  flags.push_back({"percentile", "P",
                   "clip activations beyond this percentile of either side, 90 to 100 (100: the "
                   "smallest and the largest)"});
  flags.push_back({"json", "", "print JSON"});
  return flags;
}

}  // namespace

Command quantize_command() {
  return {.usage = {.command = "quantize",
                    .summary = "Makes a static int8 model of a float one, without training.",
                    .operands = "",
                    .flags = flags(),
                    .example = "filigree quantize --model_path DIR --output DIR-int8 --calibration "
                               "texts.jsonl"},
          .run = quantize};
}

}  // namespace filigree::tools
