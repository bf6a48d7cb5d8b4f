#include <charconv>
#include <cmath>
#include <cstdio>
#include <ostream>

#include "tools/cli/interrupt.h"
#include "tools/cli/json.h"
#include "tools/cli/progress.h"
#include "tools/cli/table.h"
#include "tools/commands/commands.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/model_argument.h"
#include "tools/samples/sample_check.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

// Of the largest value of an output.
struct Tolerance {
  double value = 0;
  std::string reason;
};

struct Place {
  fs::path model, samples;
};

// Folders of SparseZoo have the model in deployment/ and the samples beside that.
Place place_of(const Arguments& arguments) {
  if (arguments.operands().empty())
    throw UsageError("'verify' needs a model: a folder, FILE.onnx, or a zoo: or hf: name");
  const fs::path named = model_argument(arguments.operands().front());
  Place place{.model = named, .samples = fs::is_directory(named) ? named : named.parent_path()};
  if (fs::is_directory(named) && !fs::exists(named / "model.onnx") &&
      fs::exists(named / "deployment" / "model.onnx"))
    place.model = named / "deployment";
  if (place.samples.filename() == "deployment") place.samples = place.samples.parent_path();
  if (place.samples.empty()) place.samples = ".";
  if (const auto folder = arguments.text("samples")) place.samples = *folder;
  return place;
}

bool is_quantised(const loader::Encoder& encoder) {
  for (const loader::EncoderLayer& layer : encoder.layers)
    for (const loader::Linear* linear : {&layer.query, &layer.key, &layer.value,
                                         &layer.attention_output, &layer.ffn_in, &layer.ffn_out})
      if (linear->input) return true;
  return false;
}

bool has_quantised_node(const loader::Graph& graph) {
  for (const loader::Node& node : graph.nodes)
    if (node.op_type.find("Quantize") != std::string::npos ||
        node.op_type.find("Integer") != std::string::npos || node.op_type.starts_with("QLinear"))
      return true;
  return false;
}

// A float sum of n products, added in another order, differs by about sqrt(n) roundings of 2^-24. A
// layer has eight steps that compute sums (six matrices, attention, LayerNorm), and each passes on
// what the one before got. In int8 such a difference now and then turns a rounding, which moves
// outputs by whole steps: ONNX Runtime differs from itself by up to 5 % between its optimisation
// levels (tests/runtime/bundled_models_test.cc), which is allowed to both sides.
Tolerance derived_tolerance(const loader::Model& model) {
  const bool quantised = (model.encoder && is_quantised(*model.encoder)) ||
                         (!model.encoder && has_quantised_node(model.rest));
  if (quantised) return {0.1, "int8: turned roundings, 5 % for each engine"};
  constexpr std::size_t kBaseLayers = 12, kBaseWidth = 3072;
  const std::size_t layers = model.encoder ? model.encoder->layers.size() : kBaseLayers;
  const std::size_t width = model.encoder ? model.encoder->intermediate_size : kBaseWidth;
  const double value = std::ldexp(1.0, -24) * std::sqrt(static_cast<double>(width)) * 8 *
                       static_cast<double>(layers);
  return {value, "fp32: sqrt(" + std::to_string(width) + ") roundings of 2^-24 in 8 steps of " +
                     std::to_string(layers) + " layers"};
}

Tolerance tolerance_of(const Arguments& arguments, const loader::Model& model) {
  const auto text = arguments.text("tolerance");
  if (!text) return derived_tolerance(model);
  double value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value) || value < 0)
    throw UsageError("flag '--tolerance' is '" + *text +
                     "', expected a number that is not negative");
  return {value, "flag '--tolerance'"};
}

bool holds(const OutputDifference& output, const Tolerance& tolerance) {
  return output.largest <= tolerance.value * output.largest_value;
}

double relative(const OutputDifference& output) {
  return output.largest == 0 ? 0 : output.largest / output.largest_value;
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

struct Verified {
  std::vector<OutputDifference> outputs;
  std::size_t samples = 0;
  std::size_t sequences = 0;
};

runtime::Response computed(runtime::Engine& engine,
                           const std::shared_ptr<const loader::Model>& model, const Sample& sample,
                           const std::string& where) {
  runtime::Request request;
  request.model = model;
  request.sequences = sample.sequences;
  runtime::Response response = engine.run(std::move(request));
  if (response.status != runtime::Status::kOk) throw InputError(where + ": " + response.message);
  return response;
}

// Fewer samples than there are when interrupted.
Verified verified(runtime::Engine& engine, const std::shared_ptr<const loader::Model>& model,
                  const std::vector<SampleFiles>& files, const Interrupt& interrupt,
                  Console& console) {
  Verified result;
  Progress progress(console, files.size(), "samples");
  for (const SampleFiles& file : files) {
    if (interrupt.requested()) break;
    const Sample sample = sample_of(*model, read_npz(file.inputs), file.inputs.string());
    const runtime::Response response = computed(engine, model, sample, file.inputs.string());
    add_differences(*model, sample, response, read_npz(file.outputs), file.outputs.string(),
                    result.outputs);
    result.sequences += sample.sequences.size();
    progress.advance_to(++result.samples);
  }
  return result;
}

std::string verified_text(const loader::Model& model, const Verified& result,
                          const Tolerance& tolerance) {
  Table table({{"output", Table::Align::kLeft},
               {"values"},
               {"largest difference"},
               {"of values up to"},
               {"relative"},
               {"expected"},
               {"got"},
               {"", Table::Align::kLeft},
               {"where", Table::Align::kLeft}});
  bool all = true;
  for (const OutputDifference& output : result.outputs) {
    all = all && holds(output, tolerance);
    table.add({output.name, std::to_string(output.values), short_number(output.largest),
               short_number(output.largest_value), short_number(relative(output)),
               short_number(output.want), short_number(output.got),
               holds(output, tolerance) ? "holds" : "DIFFERS", output.where});
  }
  return "model:     " + model.file + "\nsamples:   " + std::to_string(result.samples) + ", " +
         std::to_string(result.sequences) +
         " sequences\ntolerance: " + short_number(tolerance.value) + " of the largest value (" +
         tolerance.reason + ")\n\n" + table.text() +
         "\nresult: " + (all ? "every output holds" : "outputs differ by more than the tolerance") +
         "\n";
}

std::string verified_json(const loader::Model& model, const Verified& result,
                          const Tolerance& tolerance) {
  Json::Array outputs;
  for (const OutputDifference& output : result.outputs)
    outputs.push_back(Json::object({{"name", output.name},
                                    {"values", output.values},
                                    {"largest_difference", output.largest},
                                    {"largest_value", output.largest_value},
                                    {"relative", relative(output)},
                                    {"expected", output.want},
                                    {"got", output.got},
                                    {"where", output.where},
                                    {"holds", holds(output, tolerance)}}));
  return serve::to_text(Json::object({{"model", model.file},
                                      {"samples", result.samples},
                                      {"sequences", result.sequences},
                                      {"tolerance", tolerance.value},
                                      {"tolerance_reason", tolerance.reason},
                                      {"outputs", std::move(outputs)}})) +
         "\n";
}

ExitCode verify(const Arguments& arguments, Console& console) {
  const Place place = place_of(arguments);
  const std::vector<SampleFiles> files = find_samples(place.samples);
  const kernels::Isa isa = chosen_isa(arguments).isa;
  const auto model = loader::load_model(place.model, {.isa = isa});
  const Tolerance tolerance = tolerance_of(arguments, *model);
  runtime::Engine engine({.cores = arguments.number("num-cores", 1, 1024).value_or(0), .isa = isa});
  const Interrupt interrupt;
  const Verified result = verified(engine, model, files, interrupt, console);
  if (result.samples < files.size()) return ExitCode::kInterrupted;
  console.out << (arguments.has("json") ? verified_json : verified_text)(*model, result, tolerance);
  for (const OutputDifference& output : result.outputs)
    if (!holds(output, tolerance)) return ExitCode::kResultSaysNo;
  return ExitCode::kOk;
}

}  // namespace

Command verify_command() {
  return {.usage = {.command = "verify",
                    .summary = "Compares a model with the samples in its folder: sample-inputs and "
                               "sample-outputs, .npz.",
                    .operands = "DIR|FILE.onnx|NAME",
                    .max_operands = 1,
                    .flags = {{"samples", "DIR",
                               "folder with sample-inputs and sample-outputs "
                               "(default: that of the model)"},
                              {"tolerance", "X",
                               "largest difference that is fine, of the largest value of an output "
                               "(default: derived from the model)"},
                              {"num-cores", "N", "cores (default: what the process may use)"},
                              isa_flag(),
                              {"json", "", "print JSON"}},
                    .example = "filigree verify DIR"},
          .run = verify};
}

}  // namespace filigree::tools
