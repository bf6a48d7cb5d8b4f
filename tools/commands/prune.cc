#include <algorithm>
#include <cstdio>
#include <ostream>

#include "kernels/kernel_table.h"
#include "runtime/topology.h"
#include "tools/cli/json.h"
#include "tools/cli/progress.h"
#include "tools/commands/commands.h"
#include "tools/commands/compression.h"
#include "tools/commands/isa_flag.h"
#include "tools/compress/prune_model.h"
#include "tools/model_maker/model_spec.h"

namespace filigree::tools {
namespace {

struct Plan {
  std::size_t percent = 0;
  Pattern pattern = Pattern::kUnstructured;
  std::vector<LayerSparsity> layers;
  PruningMethod method = PruningMethod::kMagnitude;
  bool has_text = false;
};

Pattern pattern_of(const Arguments& arguments) {
  const std::string name = arguments.text("pattern").value_or("unstructured");
  const auto pattern = parse_pattern(name);
  if (!pattern || *pattern == Pattern::kNone)
    throw UsageError("--pattern is '" + name + "', expected one of unstructured, 1x4, 4x1");
  return *pattern;
}

PruningMethod method_of(const Arguments& arguments, bool has_text) {
  const std::string name = arguments.text("method").value_or(has_text ? "obc" : "magnitude");
  if (name == "magnitude") return PruningMethod::kMagnitude;
  if (name != "obc") throw UsageError("--method is '" + name + "', expected one of magnitude, obc");
  if (!has_text) throw UsageError("--method obc needs --calibration");
  return PruningMethod::kSecondOrder;
}

Plan plan_of(const Arguments& arguments) {
  arguments.required("sparsity");
  Plan plan;
  plan.percent = *arguments.number("sparsity", 0, 99);
  plan.pattern = pattern_of(arguments);
  for (const std::string& text : arguments.all("layer"))
    plan.layers.push_back(parse_layer_sparsity(text));
  plan.has_text = arguments.has("calibration");
  plan.method = method_of(arguments, plan.has_text);
  return plan;
}

std::string method_text(PruningMethod method) {
  return method == PruningMethod::kMagnitude ? "magnitude" : "second-order compensation (obc)";
}

struct Totals {
  std::size_t weights = 0, nonzeros = 0;
  double zeros() const {
    return weights == 0 ? 0 : 1 - static_cast<double>(nonzeros) / static_cast<double>(weights);
  }
};

Totals totals_of(std::span<const PrunedMatrix> matrices, std::span<const PruningTarget> targets) {
  Totals totals;
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    if (targets[i].linear == nullptr) continue;
    totals.weights += matrices[i].rows * matrices[i].cols;
    totals.nonzeros += matrices[i].nonzeros;
  }
  return totals;
}

CardChange card_change(const Plan& plan, const Arguments& arguments, const std::string& name,
                       const Totals& totals) {
  char zeros[32];
  std::snprintf(zeros, sizeof zeros, "%.1f %%", 100 * totals.zeros());
  std::string how = std::string("Pruned by `filigree prune`: ") + zeros +
                    " zeros in the matrices of the encoder, " +
                    std::string(pattern_name(plan.pattern)) + ", by " + method_text(plan.method);
  if (plan.has_text) {
    const std::filesystem::path text = arguments.required("calibration");
    how += ", calibration text " + text.filename().string();
  }
  how += "; no training afterwards.";
  return {.name = name,
          .how = how,
          .size_bytes = 0,
          .members = {{"encoder_sparsity", totals.zeros()},
                      {"pattern", std::string(pattern_name(plan.pattern))}}};
}

void print_matrices(std::span<const PrunedMatrix> matrices, std::ostream& out) {
  std::size_t width = 0;
  for (const PrunedMatrix& matrix : matrices) width = std::max(width, matrix.name.size());
  for (const PrunedMatrix& matrix : matrices) {
    const auto weights = static_cast<double>(matrix.rows * matrix.cols);
    char text[96];
    std::snprintf(text, sizeof text, "%5zu x %-5zu %6.2f %% zeros", matrix.rows, matrix.cols,
                  100 - 100 * static_cast<double>(matrix.nonzeros) / weights);
    out << matrix.name << std::string(width - matrix.name.size() + 2, ' ') << text;
    if (matrix.output_error) {
      std::snprintf(text, sizeof text, "   output error %6.2f %%", 100 * *matrix.output_error);
      out << text;
    }
    out << "\n";
  }
}

Json score_json(const SquadScore& score) {
  return Json::object({{"exact_match", 100 * score.exact_match}, {"f1", 100 * score.f1}});
}

Json report_json(std::span<const PrunedMatrix> matrices, const Totals& totals,
                 const std::optional<ScoreChange>& change) {
  Json::Array rows;
  for (const PrunedMatrix& matrix : matrices) {
    Json row = Json::object({{"name", matrix.name},
                             {"rows", matrix.rows},
                             {"cols", matrix.cols},
                             {"nonzeros", matrix.nonzeros},
                             {"method", matrix.by_magnitude ? "magnitude" : "obc"}});
    if (matrix.output_error) row.add("output_error", *matrix.output_error);
    rows.push_back(std::move(row));
  }
  Json json = Json::object({{"encoder_sparsity", totals.zeros()}, {"matrices", std::move(rows)}});
  if (change) {
    json.add("before", score_json(change->before));
    json.add("after", score_json(change->after));
  }
  return json;
}

std::vector<PrunedMatrix> pruned(loader::Graph& graph, const loader::Model& model,
                                 std::span<const PruningTarget> targets, const Plan& plan,
                                 const Arguments& arguments, const Checkpoint& checkpoint,
                                 Console& console) {
  if (!plan.has_text) return prune_by_magnitude(graph, targets, plan.pattern);
  const auto sequences = calibration_of(arguments, model_path(arguments), model);
  Progress progress(console, targets.size(), "matrices");
  const auto cores = arguments.number("num-cores", 1, 4096).value_or(0);
  return prune_on_text(graph, model, targets, sequences,
                       {.method = plan.method,
                        .pattern = plan.pattern,
                        .table = kernels::table_for(chosen_isa(arguments).isa),
                        .threads = runtime::choose_cores(runtime::process_topology(), cores).cores,
                        .checkpoint = checkpoint,
                        .progress = [&](std::size_t done) { progress.advance_to(done); }});
}

ExitCode prune(const Arguments& arguments, Console& console) {
  const Plan plan = plan_of(arguments);
  const std::string output = arguments.required("output");
  const ModelPath path = model_path(arguments);
  const Accuracy accuracy(arguments);
  std::vector<PrunedMatrix> matrices;
  std::optional<ScoreChange> change;
  Totals totals;
  const ExitCode code =
      make_folder(output, console, [&](const AsideFolder& folder, const Checkpoint& checkpoint) {
        const OnnxSource source(path.file);
        loader::Graph graph = source.graph();
        const auto model = loader::make_model(graph, {.isa = chosen_isa(arguments).isa});
        const std::vector<EncoderLinear> linears = encoder_linears(graph, *model);
        const auto targets = pruning_targets(graph, linears, plan.percent, plan.layers);
        if (accuracy.is_measured())
          change.emplace().before = accuracy.measure(path.file, checkpoint, console);
        matrices = pruned(graph, *model, targets, plan, arguments, checkpoint, console);
        totals = totals_of(matrices, targets);
        checkpoint();
        write_model_folder(
            source, graph, folder.path(),
            card_change(plan, arguments, folder.target().filename().string(), totals));
        if (change) change->after = accuracy.measure(folder.path(), checkpoint, console);
      });
  if (code != ExitCode::kOk) return code;
  if (arguments.has("json")) {
    console.out << serve::to_text(report_json(matrices, totals, change)) << "\n";
    return code;
  }
  print_matrices(matrices, console.out);
  char zeros[32];
  std::snprintf(zeros, sizeof zeros, "%.2f", 100 * totals.zeros());
  console.out << output << ": " << zeros << " % zeros in the encoder, by "
              << method_text(plan.method) << "\n"
              << accuracy_text(change, arguments, accuracy.questions()) << "\n";
  return code;
}

std::vector<Flag> flags() {
  std::vector<Flag> flags = compression_flags();
  const std::vector<Flag> own = {
      {"sparsity", "N", "percent of zeros in each matrix of the encoder's layers, 0 to 99"},
      {"pattern", "NAME",
       "unstructured, 1x4 or 4x1; blocks are outputs x inputs (default unstructured)"},
      {.name = "layer",
       .value = "NAME=N",
       .help = "another sparsity for a matrix, by name ('layer 0 query'), its weight in the file "
               "or a pattern with * and ?; also a matrix outside of the layers. May be repeated",
       .times = Flag::Times::kAny},
      {"method", "NAME",
       "magnitude, or obc: compensates with the inputs of --calibration (default obc with "
       "--calibration)"},
      {"json", "", "print JSON"}};
  flags.insert(flags.begin() + 2, own.begin(), own.end());
  return flags;
}

}  // namespace

Command prune_command() {
  return {
      .usage = {.command = "prune",
                .summary = "Makes a sparse model of a dense one, without training.",
                .operands = "",
                .flags = flags(),
                .example = "filigree prune --model_path DIR --output DIR-pruned80 --sparsity 80 "
                           "--calibration texts.jsonl"},
      .run = prune};
}

}  // namespace filigree::tools
