#include "tools/analysis/analysis_text.h"

#include "tools/cli/table.h"

namespace filigree::tools {
namespace {

using Align = Table::Align;

std::string step_table(const Analysis& analysis) {
  Table table({{"step", Align::kLeft},
               {"outputs x inputs"},
               {"zeros"},
               {"1x4 fill"},
               {"form", Align::kLeft},
               {"kernel", Align::kLeft},
               {"packed"},
               {"expected ms"},
               {"measured ms"},
               {"share"},
               {"GFLOP/s"},
               {"dense equiv."}});
  for (const StepRow& row : analysis.steps) {
    const std::string time = fixed(row.least_ms, 3);
    if (!row.matrix) {
      table.add({full_name(row), "", "", "", "", "", "", "", time, percent(row.share), "", ""});
      continue;
    }
    const MatrixFacts& matrix = analysis.matrices[*row.matrix];
    table.add({full_name(row), std::to_string(matrix.rows) + " x " + std::to_string(matrix.cols),
               percent(matrix.zeros()), percent(matrix.fill(matrix.blocks_1x4)), matrix.form,
               kernels::format_name(matrix.format),
               fixed(static_cast<double>(matrix.packed_bytes) / 1e3, 0) + " kB",
               fixed(row.predicted_ms, 3), time, percent(row.share), fixed(row.gflops_nonzeros, 1),
               fixed(row.gflops_dense, 1)});
  }
  return table.text();
}

std::string sum_table(const Analysis& analysis) {
  Table table({{"all layers", Align::kLeft}, {"measured ms"}, {"share"}});
  for (const StepSum& sum : sums_by_step(analysis))
    table.add({std::string(step_name(sum.step)), fixed(sum.least_ms, 3), percent(sum.share)});
  return table.text();
}

std::string reason_table(const Analysis& analysis) {
  Table table({{"why this kernel", Align::kLeft}, {"", Align::kLeft}, {"", Align::kLeft}});
  for (const StepRow& row : analysis.steps) {
    if (!row.matrix) continue;
    const MatrixFacts& matrix = analysis.matrices[*row.matrix];
    table.add({full_name(row), kernels::format_name(matrix.format), why(matrix)});
  }
  return table.text();
}

}  // namespace

std::string analysis_text(const Analysis& analysis) {
  const double rate = 1e3 * static_cast<double>(analysis.batch_size) / analysis.least_ms();
  std::string text = "batch:       " + std::to_string(analysis.batch_size) + " of " +
                     std::to_string(analysis.sequence_length) + " random tokens\n" +
                     "computed on: " + analysis.isa + ", " + std::to_string(analysis.threads) +
                     (analysis.threads == 1 ? " thread" : " threads") + " (" +
                     analysis.cores_reason + ")\n" +
                     "total:       " + fixed(analysis.least_ms(), 3) + " ms at least, " +
                     fixed(analysis.mean_ms(), 3) + " ms on average of " +
                     std::to_string(analysis.iteration_ms.size()) + "; at best " + fixed(rate, 1) +
                     " sequences a second\n\n" + step_table(analysis) + "\n" + sum_table(analysis);
  if (!analysis.matrices.empty()) text += "\n" + reason_table(analysis);
  return text +
         "\nMeasured: the least time of each step. Expected: by the cost model that chooses "
         "kernels, "
         "from the speed of dense\nkernels measured in this run. GFLOP/s counts nonzeros, dense "
         "equiv. all weights.\n";
}

}  // namespace filigree::tools
