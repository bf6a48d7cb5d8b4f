#include "tools/selftest/selftest.h"

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <ostream>

#include "runtime/topology.h"
#include "tools/cli/json.h"
#include "tools/commands/commands.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/model_argument.h"
#include "tools/commands/selftest_report.h"

namespace filigree::tools {
namespace {

using kernels::KernelTable;

// Every table, or scalar and the one that --isa names. FILIGREE_ISA says what to compute with, not
// what to test: it does not matter here.
std::vector<KernelTable> tables_of(const Arguments& arguments) {
  const auto supported = kernels::supported_tables();
  const auto name = arguments.text("isa");
  if (!name) return {supported.begin(), supported.end()};
  const auto asked = serve::choose_isa({.flag = serve::parse_isa_request(*name, "flag '--isa'")});
  std::vector<KernelTable> tables{supported.front()};
  if (asked.isa != tables.front().isa) tables.push_back(kernels::table_for(asked.isa));
  return tables;
}

// On a single core threads still take turns, and that, too, must not change a bit.
std::size_t threads_of(const Arguments& arguments) {
  if (const auto cores = arguments.number("num-cores", 1, 1024)) return *cores;
  return std::max<std::size_t>(2, runtime::choose_cores(runtime::process_topology(), 0).cores);
}

ExitCode selftest(const Arguments& arguments, Console& console) {
  const std::vector<KernelTable> tables = tables_of(arguments);
  SelftestOptions options{.tables = tables, .threads = threads_of(arguments)};
  if (const auto path = arguments.text("model-path")) options.model = model_argument(*path);
  SelftestReport report;
  for (const KernelTable& table : tables) report.isas.emplace_back(kernels::isa_name(table.isa));
  const auto start = std::chrono::steady_clock::now();
  report.checks = run_selftest(options);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  console.out << (arguments.has("json") ? json_text(report) : table_text(report));
  return all_the_same(report) ? ExitCode::kOk : ExitCode::kResultSaysNo;
}

}  // namespace

Command selftest_command() {
  return {
      .usage = {.command = "selftest",
                .summary = "Proves that every instruction set of this CPU gives the same bits.",
                .operands = "",
                .flags = {{"model-path", "DIR",
                           "check this model, too: a folder with model.onnx, an .onnx file, or a "
                           "zoo: or hf: name"},
                          {"isa", "NAME", "compare only this one with scalar", isa_flag().choices},
                          {"num-cores", "N",
                           "threads at most (default: what the process may use, at least 2)"},
                          {"json", "", "print JSON"}},
                .example = "filigree selftest --model_path DIR"},
      .run = selftest};
}

}  // namespace filigree::tools
