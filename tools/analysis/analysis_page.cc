#include "tools/analysis/analysis_page.h"

#include <algorithm>

#include "tools/analysis/density_png.h"
#include "tools/cli/table.h"

namespace filigree::tools {
namespace {

// Pictures are data: URLs and there is no script, so nothing else needs to be allowed.
constexpr const char kHead[] = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
)";

constexpr const char kStyle[] = R"(<style>
:root { color-scheme: light dark; --text: #1b1f24; --quiet: #59636e; --page: #fff; --card: #f6f7f9; --line: #d9dee4; --accent: #2f6fed; --warn: #9a5b00; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6eaf0; --quiet: #9aa5b1; --page: #14171b; --card: #1c2127; --line: #313942; --accent: #5b8ff5; --warn: #f0b54a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem 4rem; font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem; }
.key { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0; padding: 0; list-style: none; }
.key li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .5rem .9rem; }
.key b { display: block; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
.quiet, .key span, dt { color: var(--quiet); }
.warn { color: var(--warn); font-weight: 600; }
pre { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; font-size: 13px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { padding: .2rem .6rem .2rem 0; text-align: right; font-weight: normal; white-space: nowrap; }
td:first-child, th:first-child { text-align: left; }
thead th { color: var(--quiet); border-bottom: 1px solid var(--line); }
.bar { width: 45%; min-width: 6rem; }
svg { display: block; width: 100%; height: 10px; }
rect { fill: var(--accent); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(21rem, 1fr)); gap: .8rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .8rem; display: grid; grid-template-columns: 128px 1fr; gap: .2rem .9rem; align-content: start; }
.card h3 { grid-column: 1 / 3; margin: 0; font-size: .95rem; }
.card .name { grid-column: 1 / 3; font-size: 12px; color: var(--quiet); overflow-wrap: anywhere; margin-bottom: .3rem; }
.card .why { grid-column: 1 / 3; font-size: 12px; color: var(--quiet); margin: .3rem 0 0; }
.picture { width: 128px; height: 128px; display: flex; align-items: center; justify-content: center; border: 1px solid var(--line); background: var(--page); }
.picture img { display: block; image-rendering: pixelated; width: 126px; height: 126px; object-fit: contain; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .7rem; margin: 0; font-size: 13px; align-content: start; font-variant-numeric: tabular-nums; }
dd { margin: 0; text-align: right; }
.wide { overflow-x: auto; }
</style>
)";

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string key_number(const std::string& number, const std::string& what) {
  return "<li><b>" + escaped(number) + "</b><span>" + escaped(what) + "</span></li>\n";
}

std::string key_numbers(const Analysis& analysis) {
  std::size_t weights = 0, nonzeros = 0, bytes = 0;
  for (const MatrixFacts& matrix : analysis.matrices) {
    weights += matrix.weights();
    nonzeros += matrix.nonzeros;
    bytes += matrix.packed_bytes;
  }
  std::string text = "<ul class=\"key\">\n";
  text += key_number(fixed(analysis.least_ms(), 2) + " ms",
                     "a batch of " + std::to_string(analysis.batch_size) + " × " +
                         std::to_string(analysis.sequence_length) + " tokens, at least");
  text += key_number(fixed(analysis.mean_ms(), 2) + " ms",
                     "on average of " + std::to_string(analysis.iteration_ms.size()));
  text += key_number(std::to_string(analysis.threads), "threads, " + analysis.isa);
  if (weights > 0) {
    text += key_number(percent(1 - static_cast<double>(nonzeros) / static_cast<double>(weights)),
                       "zeros of " + fixed(static_cast<double>(weights) / 1e6, 1) + " M weights");
    text += key_number(fixed(static_cast<double>(bytes) / 1e6, 1) + " MB", "packed matrices");
  }
  return text + "</ul>\n";
}

std::string bar(double share, double most) {
  return "<svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\"><rect width=\"" +
         fixed(most > 0 ? 100 * share / most : 0, 2) + "\" height=\"10\"/></svg>";
}

std::string html_sum_table(const Analysis& analysis) {
  const std::vector<StepSum> sums = sums_by_step(analysis);
  double most = 0;
  for (const StepSum& sum : sums) most = std::max(most, sum.share);
  std::string text =
      "<h2>Where the time goes</h2>\n<table>\n<thead><tr><th>step, all layers</th><th>ms</th>"
      "<th>share</th><th class=\"bar\"></th></tr></thead>\n<tbody>\n";
  for (const StepSum& sum : sums)
    text += "<tr><td>" + escaped(step_name(sum.step)) + "</td><td>" + fixed(sum.least_ms, 3) +
            "</td><td>" + percent(sum.share) + "</td><td class=\"bar\">" + bar(sum.share, most) +
            "</td></tr>\n";
  return text + "</tbody>\n</table>\n";
}

std::string entry(const std::string& term, const std::string& value) {
  return "<dt>" + term + "</dt><dd>" + escaped(value) + "</dd>\n";
}

std::string card(const MatrixFacts& matrix, const StepRow& row) {
  const std::string shape = std::to_string(matrix.rows) + " × " + std::to_string(matrix.cols);
  std::string text = "<article class=\"card\">\n<h3>" + escaped(step_name(row.step)) +
                     "</h3>\n<div class=\"name\">" + escaped(matrix.name) + "</div>\n";
  text += "<div class=\"picture\"><img alt=\"where the nonzeros of " + escaped(full_name(row)) +
          " are\" src=\"data:image/png;base64," + base64(density_png(matrix.density)) +
          "\"></div>\n<dl>\n";
  text += entry("shape", shape) + entry("zeros", percent(matrix.zeros())) +
          entry("densest cell", percent(matrix.density.most())) +
          entry("fill of 1×4", percent(matrix.fill(matrix.blocks_1x4))) +
          entry("fill of 4×1", percent(matrix.fill(matrix.blocks_4x1))) +
          entry("form", matrix.form) + entry("kernel", kernels::format_name(matrix.format)) +
          entry("packed", fixed(static_cast<double>(matrix.packed_bytes) / 1e3, 0) + " kB") +
          entry("expected", fixed(row.predicted_ms, 3) + " ms") +
          entry("measured", fixed(row.least_ms, 3) + " ms") + entry("share", percent(row.share)) +
          entry("on nonzeros", fixed(row.gflops_nonzeros, 1) + " GFLOP/s") +
          entry("dense equiv.", fixed(row.gflops_dense, 1) + " GFLOP/s");
  return text + "</dl>\n<p class=\"why\">" + escaped(matrix.is_int8() ? "int8: " : "") +
         escaped(why(matrix)) + "</p>\n</article>\n";
}

std::string layer_sections(const Analysis& analysis) {
  std::string text;
  std::size_t layer = analysis.matrices.size();  // none yet
  for (const StepRow& row : analysis.steps) {
    if (!row.matrix) continue;
    if (row.layer != layer) {
      text += (text.empty() ? "" : "</div>\n") + std::string("<h2>Layer ") +
              std::to_string(row.layer) + "</h2>\n<div class=\"cards\">\n";
      layer = row.layer;
    }
    text += card(analysis.matrices[*row.matrix], row);
  }
  return text + (text.empty() ? "" : "</div>\n");
}

std::string other_steps(const Analysis& analysis) {
  std::string text =
      "<h2>Steps without a matrix</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>step</th>"
      "<th>ms</th><th>share</th><th class=\"bar\"></th></tr></thead>\n<tbody>\n";
  double most = 0;
  for (const StepRow& row : analysis.steps)
    if (!row.matrix) most = std::max(most, row.share);
  for (const StepRow& row : analysis.steps)
    if (!row.matrix)
      text += "<tr><td>" + escaped(full_name(row)) + "</td><td>" + fixed(row.least_ms, 3) +
              "</td><td>" + percent(row.share) + "</td><td class=\"bar\">" + bar(row.share, most) +
              "</td></tr>\n";
  return text + "</tbody>\n</table></div>\n";
}

}  // namespace

std::string analysis_page(const Analysis& analysis, const std::string& about) {
  const std::string title = escaped(analysis.model->file);
  std::string page = kHead + ("<title>" + title + " · filigree analyze</title>\n") + kStyle +
                     "</head>\n<body>\n<h1>" + title + "</h1>\n<div class=\"quiet\">" +
                     escaped(analysis.cores_reason) + "</div>\n";
  for (const std::string& warning : analysis.model->warnings)
    page += "<p class=\"warn\">" + escaped(warning) + "</p>\n";
  page += key_numbers(analysis) + "<pre>" + escaped(about) + "</pre>\n" + html_sum_table(analysis);
  if (!analysis.matrices.empty())
    page +=
        "<p class=\"quiet\">In a picture outputs go down and inputs to the right; a point stands "
        "for "
        "several weights, stronger the more of them are not zero, strongest where the matrix is "
        "densest.</p>\n";
  return page + layer_sections(analysis) + other_steps(analysis) +
         "<p class=\"quiet\">Measured: the least time of each step over the iterations. Expected: "
         "by "
         "the cost model that chooses kernels, from the speed of dense kernels measured in the "
         "same "
         "run. GFLOP/s count two operations for each nonzero (dense equivalent: each weight) and "
         "token.</p>\n</body>\n</html>\n";
}

}  // namespace filigree::tools
