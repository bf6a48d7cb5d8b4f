#include <charconv>
#include <cmath>
#include <cstdio>
#include <ostream>

#include "tools/cli/files.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/json.h"
#include "tools/cli/progress.h"
#include "tools/cli/table.h"
#include "tools/commands/commands.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/model_argument.h"
#include "tools/comparison/comparison.h"
#include "tools/comparison/token_lines.h"
#include "tools/selftest/model_check.h"

namespace filigree::tools {
namespace {

struct Setup {
  Side a, b;
  std::vector<runtime::Sequence> sequences;
  std::string inputs;  // "4 of 128 random tokens, seed 1"
};

const kernels::KernelTable& table_of(const Arguments& arguments, const std::string& side) {
  const std::string flag = "isa-" + side;
  if (const auto name = arguments.text(flag))
    return kernels::table_for(
        serve::choose_isa({.flag = serve::parse_isa_request(*name, "flag '--" + flag + "'")}).isa);
  return kernels::table_for(chosen_isa(arguments).isa);
}

Side side_of(const Arguments& arguments, const std::string& model, const std::string& side) {
  const kernels::KernelTable& table = table_of(arguments, side);
  return {.model = loader::load_model(model_argument(model), {.isa = table.isa}),
          .table = &table,
          .threads = arguments.number("threads-" + side, 1, 1024).value_or(1)};
}

// The side that takes fewer different ids: what it takes, the other does, too.
const loader::Model& narrower(const Side& a, const Side& b) {
  if (!a.model->encoder || !b.model->encoder) return a.model->encoder ? *b.model : *a.model;
  return a.model->encoder->vocabulary <= b.model->encoder->vocabulary ? *a.model : *b.model;
}

void read_inputs(const Arguments& arguments, Setup& setup) {
  if (const auto file = arguments.text("inputs")) {
    for (const char* flag : {"sequences", "sequence-length", "seed"})
      if (arguments.has(flag))
        throw UsageError("flag '--" + std::string(flag) + "' has no use with '--inputs'");
    setup.sequences = parse_token_lines(read_file(*file), *file);
    setup.inputs = std::to_string(setup.sequences.size()) + " of " + *file;
    return;
  }
  const std::size_t count = arguments.number("sequences", 1, 10000).value_or(4);
  const std::size_t length = arguments.number("sequence-length", 1, 1 << 16).value_or(64);
  const std::size_t seed = arguments.number("seed", 0, 0xFFFFFFFF).value_or(1);
  setup.sequences =
      sequences_for(narrower(setup.a, setup.b), std::vector<std::size_t>(count, length),
                    static_cast<unsigned>(seed));
  setup.inputs = std::to_string(count) + " of " +
                 std::to_string(setup.sequences.front().ids.size()) + " random tokens, seed " +
                 std::to_string(seed);
}

Setup setup_of(const Arguments& arguments) {
  const auto& operands = arguments.operands();
  if (operands.empty())
    throw UsageError("'compare' needs a model, or two: FILE.onnx, a folder, or a zoo: or hf: name");
  const bool asks = operands.size() == 2 || arguments.has("isa-a") || arguments.has("isa-b") ||
                    arguments.has("threads-a") || arguments.has("threads-b");
  if (!asks)
    throw UsageError(
        "'compare' would compare the model with itself; name another model, --isa-a, --isa-b, "
        "--threads-a or --threads-b");
  Setup setup{.a = side_of(arguments, operands.front(), "a"),
              .b = side_of(arguments, operands.back(), "b"),
              .sequences = {},
              .inputs = {}};
  read_inputs(arguments, setup);
  return setup;
}

double tolerance_of(const Arguments& arguments) {
  const auto text = arguments.text("tolerance");
  if (!text) return 0;
  double value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value) || value < 0)
    throw UsageError("flag '--tolerance' is '" + *text +
                     "', expected a number that is not negative");
  return value;
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::string side_text(const Side& side) {
  return side.model->file + ", " + std::string(kernels::isa_name(side.table->isa)) + ", " +
         std::to_string(side.threads) + (side.threads == 1 ? " thread" : " threads");
}

std::string verdict(const Comparison& comparison, double tolerance) {
  if (same_bits(comparison)) return "the same bits";
  const double largest = largest_difference(comparison);
  return "largest difference " + short_number(largest) +
         (largest <= tolerance ? ", within the tolerance of " : ", more than the tolerance of ") +
         short_number(tolerance);
}

std::string comparison_text(const Setup& setup, const Comparison& comparison, double tolerance) {
  Table table({{"tensor", Table::Align::kLeft},
               {"values"},
               {"different"},
               {"largest"},
               {"of values up to"},
               {"A"},
               {"B"},
               {"where", Table::Align::kLeft}});
  for (const TensorDifference& tensor : comparison.tensors) {
    const bool differs = tensor.different > 0;
    table.add({tensor.name, std::to_string(tensor.values), std::to_string(tensor.different),
               short_number(tensor.largest), short_number(tensor.largest_value),
               differs ? short_number(tensor.a) : "", differs ? short_number(tensor.b) : "",
               tensor.where});
  }
  return "A:      " + side_text(setup.a) + "\nB:      " + side_text(setup.b) +
         "\ninputs: " + setup.inputs + "\n" +
         (comparison.note.empty() ? "" : "note:   outputs only: " + comparison.note + "\n") + "\n" +
         table.text() + "\nresult: " + verdict(comparison, tolerance) + "\n";
}

Json side_json(const Side& side) {
  return Json::object({{"model", side.model->file},
                       {"isa", kernels::isa_name(side.table->isa)},
                       {"threads", side.threads}});
}

std::string comparison_json(const Setup& setup, const Comparison& comparison, double tolerance) {
  Json::Array tensors;
  for (const TensorDifference& tensor : comparison.tensors)
    tensors.push_back(Json::object({{"name", tensor.name},
                                    {"values", tensor.values},
                                    {"different", tensor.different},
                                    {"largest_difference", tensor.largest},
                                    {"largest_value", tensor.largest_value},
                                    {"where", tensor.where},
                                    {"a", tensor.a},
                                    {"b", tensor.b}}));
  return serve::to_text(Json::object({{"a", side_json(setup.a)},
                                      {"b", side_json(setup.b)},
                                      {"sequences", setup.sequences.size()},
                                      {"note", comparison.note},
                                      {"tensors", std::move(tensors)},
                                      {"same_bits", same_bits(comparison)},
                                      {"largest_difference", largest_difference(comparison)},
                                      {"tolerance", tolerance}})) +
         "\n";
}

ExitCode compare_models(const Arguments& arguments, Console& console) {
  const double tolerance = tolerance_of(arguments);
  const Setup setup = setup_of(arguments);
  const Interrupt interrupt;
  Comparison comparison;
  {
    Progress progress(console, setup.sequences.size(), "sequences");
    comparison = compare(
        setup.a, setup.b, setup.sequences,
        {.compared = arguments.has("outputs-only") ? Compared::kOutputs : Compared::kEverything,
         .carry_on = [&](std::size_t done) {
           progress.advance_to(done);
           return !interrupt.requested();
         }});
  }
  if (interrupt.requested()) return ExitCode::kInterrupted;
  console.out << (arguments.has("json") ? comparison_json : comparison_text)(setup, comparison,
                                                                             tolerance);
  const bool holds = same_bits(comparison) ||
                     (largest_difference(comparison) <= tolerance && arguments.has("tolerance"));
  return holds ? ExitCode::kOk : ExitCode::kResultSaysNo;
}

}  // namespace

Command compare_command() {
  return {
      .usage = {.command = "compare",
                .summary = "Compares two models, instruction sets or numbers of threads, tensor by "
                           "tensor.",
                .operands = "A [B]",
                .max_operands = 2,
                .flags = {{"isa-a", "NAME", "instruction set of A (default: that of --isa)",
                           isa_flag().choices},
                          {"isa-b", "NAME", "instruction set of B", isa_flag().choices},
                          {"threads-a", "N", "threads of A (1)"},
                          {"threads-b", "N", "threads of B (1)"},
                          isa_flag(),
                          {"inputs", "FILE",
                           "JSON lines {\"ids\", optional \"type_ids\"}, as tokenize prints them"},
                          {"sequences", "N", "random sequences, without --inputs (4)"},
                          {"sequence-length", "N", "tokens of each (64)"},
                          {"seed", "N", "of the random tokens (1)"},
                          {"outputs-only", "", "leave out what is inside of the encoder"},
                          {"tolerance", "X",
                           "largest difference of two values that is fine (default: none)"},
                          {"json", "", "print JSON"}},
                .example = "filigree compare DENSE PRUNED --outputs_only --tolerance 0.5"},
      .run = compare_models};
}

}  // namespace filigree::tools
