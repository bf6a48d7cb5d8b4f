// JSON and CSV of an analysis: one list of columns for both.
#include "tools/analysis/analysis_text.h"

namespace filigree::tools {
namespace {

using serve::Json;

struct Cell {
  const char* column;
  Json value;  // null where a step has no such thing
};

Json dims(std::initializer_list<std::size_t> sizes) {
  Json::Array items;
  for (const std::size_t size : sizes) items.emplace_back(size);
  return items;
}

// Operations on nonzeros: what is executed.
std::vector<Cell> deepsparse_cells(const Analysis& analysis, const StepRow& row) {
  std::vector<Cell> cells{{"name", full_name(row)}};
  if (row.matrix) {
    const MatrixFacts& matrix = analysis.matrices[*row.matrix];
    cells.push_back({"canonical_name", matrix.name});
    cells.push_back(
        {"output_dims", dims({analysis.batch_size, analysis.sequence_length, matrix.rows})});
    cells.push_back({"kernel_dims", dims({matrix.rows, matrix.cols})});
  } else {
    for (const char* column : {"canonical_name", "output_dims", "kernel_dims"})
      cells.push_back({column, {}});
  }
  // Matrices have no strides, and activations are not counted.
  cells.push_back({"strides", {}});
  cells.push_back({"activation_sparsity", {}});
  cells.push_back({"average_run_time_in_ms", row.mean_ms});
  // By the mean, as the time beside it.
  const double of_mean = row.mean_ms > 0 ? row.least_ms / row.mean_ms : 0;
  cells.push_back({"average_utilization", row.matrix ? Json(row.utilization * of_mean) : Json()});
  cells.push_back({"average_teraflops_per_second",
                   row.matrix ? Json(row.gflops_nonzeros * of_mean / 1e3) : Json()});
  return cells;
}

std::vector<Cell> cells_of(const Analysis& analysis, const StepRow& row) {
  std::vector<Cell> cells = deepsparse_cells(analysis, row);
  const MatrixFacts* matrix = row.matrix ? &analysis.matrices[*row.matrix] : nullptr;
  const auto add = [&](const char* column, auto value_of) {
    cells.push_back({column, matrix == nullptr ? Json() : Json(value_of())});
  };
  cells.push_back({"layer", is_in_layer(row.step) ? Json(row.layer) : Json()});
  cells.push_back({"step", step_name(row.step)});
  cells.push_back({"least_run_time_in_ms", row.least_ms});
  cells.push_back({"share", row.share});
  add("form", [&] { return matrix->form; });
  add("kernel", [&] { return kernels::format_name(matrix->format); });
  add("kernel_reason", [&] { return why(*matrix); });
  add("nonzeros", [&] { return matrix->nonzeros; });
  add("zeros", [&] { return matrix->zeros(); });
  add("blocks_1x4", [&] { return matrix->blocks_1x4; });
  add("fill_1x4", [&] { return matrix->fill(matrix->blocks_1x4); });
  add("blocks_4x1", [&] { return matrix->blocks_4x1; });
  add("fill_4x1", [&] { return matrix->fill(matrix->blocks_4x1); });
  add("packed_bytes", [&] { return matrix->packed_bytes; });
  add("predicted_run_time_in_ms", [&] { return row.predicted_ms; });
  add("gflops_nonzeros", [&] { return row.gflops_nonzeros; });
  add("gflops_dense_equivalent", [&] { return row.gflops_dense; });
  return cells;
}

Json layer_info(const Analysis& analysis) {
  Json::Array layers;
  for (const StepRow& row : analysis.steps) {
    Json::Object layer;
    for (Cell& cell : cells_of(analysis, row))
      layer.emplace_back(cell.column, std::move(cell.value));
    layer.emplace_back("sub_layer_info", Json::Array{});
    layers.emplace_back(std::move(layer));
  }
  return layers;
}

// Quoted where RFC 4180 asks for it. What a spreadsheet would take for a formula cannot begin a
// cell: names of steps are ours, those of weights come from the file.
std::string csv_cell(const Json& value) {
  if (value.is_null()) return "";
  std::string text = value.as_string() != nullptr ? *value.as_string() : serve::to_text(value);
  if (value.as_string() != nullptr && !text.empty() &&
      std::string("=+-@\t\r").find(text[0]) != std::string::npos)
    text.insert(0, "'");
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::string analysis_json(const Analysis& analysis) {
  Json::Array times, warnings;
  for (const double time : analysis.iteration_ms) times.emplace_back(time);
  for (const std::string& warning : analysis.model->warnings) warnings.emplace_back(warning);
  const double mean = analysis.mean_ms();
  return serve::to_text(Json::object(
             {{"model", analysis.model->file},
              {"warnings", std::move(warnings)},
              {"isa", analysis.isa},
              {"layer_info", layer_info(analysis)},
              {"average_total_time", mean},
              {"least_total_time", analysis.least_ms()},
              {"items_per_second", 1e3 * static_cast<double>(analysis.batch_size) / mean},
              {"batch_size", analysis.batch_size},
              {"sequence_length", analysis.sequence_length},
              {"num_threads", analysis.threads},
              {"iteration_times", std::move(times)}})) +
         "\n";
}

std::string analysis_csv(const Analysis& analysis) {
  std::string text;
  for (const StepRow& row : analysis.steps) {
    const std::vector<Cell> cells = cells_of(analysis, row);
    std::string heading, line;
    for (const Cell& cell : cells) {
      heading += (heading.empty() ? "" : ",") + std::string(cell.column);
      line += (&cell == &cells.front() ? "" : ",") + csv_cell(cell.value);
    }
    if (text.empty()) text = heading + "\n";
    text += line + "\n";
  }
  return text;
}

}  // namespace filigree::tools
