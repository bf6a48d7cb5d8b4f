#include <charconv>
#include <ostream>

#include "tools/analysis/analysis.h"
#include "tools/analysis/analysis_page.h"
#include "tools/analysis/analysis_text.h"
#include "tools/cli/files.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/progress.h"
#include "tools/commands/cache_flags.h"
#include "tools/commands/commands.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/model_argument.h"
#include "tools/commands/model_report.h"

namespace filigree::tools {
namespace {

// Tokens of a batch at most, as the engine sees it.
constexpr std::size_t kMostTokens = std::size_t{1} << 20;

double percentage(const Arguments& arguments, const char* flag) {
  const auto text = arguments.text(flag);
  if (!text) return 0;
  double value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || stop != end || !(value > 0 && value < 100))
    throw UsageError("flag '--" + std::string(flag) + "' is '" + *text +
                     "', expected a number of per cent between 0 and 100");
  return value;
}

loader::ImposedSparsity imposed_sparsity(const Arguments& arguments) {
  loader::ImposedSparsity imposed{.zeros = percentage(arguments, "impose-sparsity") / 100};
  const auto pattern = arguments.text("impose-pattern");
  if (!pattern) return imposed;
  if (imposed.zeros == 0) throw UsageError("flag '--impose-pattern' needs '--impose-sparsity'");
  if (*pattern == "1x4") {
    imposed.block_cols = 4;
  } else if (*pattern == "4x1") {
    imposed.block_rows = 4;
  } else if (*pattern != "unstructured") {
    throw UsageError("flag '--impose-pattern' is '" + *pattern +
                     "', expected unstructured, 1x4 or 4x1");
  }
  return imposed;
}

AnalysisOptions analysis_options(const Arguments& arguments) {
  AnalysisOptions options;
  const auto take = [&](const char* flag, std::size_t least, std::size_t most, std::size_t& value) {
    value = arguments.number(flag, least, most).value_or(value);
  };
  take("batch-size", 1, 4096, options.batch_size);
  take("sequence-length", 1, 1 << 16, options.sequence_length);
  take("num-warmup-iterations", 0, 1000, options.warmups);
  take("num-iterations", 1, 100000, options.iterations);
  take("num-cores", 1, 1024, options.cores);
  options.isa = chosen_isa(arguments).isa;
  if (options.batch_size * options.sequence_length > kMostTokens)
    throw UsageError("'--batch-size' times '--sequence-length' is " +
                     std::to_string(options.batch_size * options.sequence_length) +
                     " tokens, more than the " + std::to_string(kMostTokens) + " of a batch");
  return options;
}

void check_length(const loader::Model& model, std::size_t length) {
  if (!model.encoder || length <= model.encoder->max_positions) return;
  throw UsageError("flag '--sequence-length' is " + std::to_string(length) + ", but " + model.file +
                   " takes at most " + std::to_string(model.encoder->max_positions) + " tokens");
}

// Writes to the file that the flag names, or to the output for "-". True when it was the output.
bool deliver(const Arguments& arguments, const char* flag, Console& console, auto text_of) {
  const auto target = arguments.text(flag);
  if (!target) return false;
  if (*target != "-") {
    write_file(*target, text_of());
    return false;
  }
  console.out << text_of();
  return true;
}

void check_outputs(const Arguments& arguments) {
  int outputs = 0;
  for (const char* flag : {"json", "csv", "html"}) outputs += arguments.text(flag) == "-" ? 1 : 0;
  if (outputs > 1) throw UsageError("only one of '--json', '--csv' and '--html' can be '-'");
}

std::optional<Analysis> run_analysis(const ModelReport& report, AnalysisOptions options,
                                     Console& console) {
  const Interrupt interrupt;
  Progress progress(console, options.warmups + options.iterations, "batches");
  options.carry_on = [&](std::size_t done) {
    progress.advance_to(done);
    return !interrupt.requested();
  };
  return analyze(report.model, options);
}

std::vector<Flag> flags() {
  std::vector<Flag> flags = {
      {"batch-size", "N", "sequences computed together (1)"},
      {"sequence-length", "N", "random tokens of each (128)"},
      {"num-cores", "N", "cores (default: what the process may use)"},
      isa_flag(),
      {"num-warmup-iterations", "N", "batches before the measurement (5)"},
      {"num-iterations", "N", "batches that are measured (10)"},
      {"impose-sparsity", "P", "what if P % of each matrix were zero: the smallest weights go"},
      {"impose-pattern", "NAME", "unstructured (default), 1x4 or 4x1", "unstructured, 1x4 or 4x1"},
      {"json", "FILE", "as DeepSparse's debug_analysis and more; - prints it"},
      {"csv", "FILE", "a line for each step; - prints it"},
      {"html", "FILE", "a page with a picture of every matrix; - prints it"}};
  add_cache_flags(flags);
  return flags;
}

ExitCode analyze_model(const Arguments& arguments, Console& console) {
  if (arguments.operands().empty())
    throw UsageError("'analyze' needs a model: FILE.onnx, a folder, or a zoo: or hf: name");
  check_outputs(arguments);
  const AnalysisOptions options = analysis_options(arguments);
  loader::LoadOptions loading = load_options(arguments);
  loading.imposed = imposed_sparsity(arguments);
  if (loading.imposed.zeros > 0) loading.cache = {};  // each what-if would be kept
  const ModelReport report = read_report(model_argument(arguments.operands().front()), loading);
  check_length(*report.model, options.sequence_length);
  const auto analysis = run_analysis(report, options, console);
  if (!analysis) return ExitCode::kInterrupted;
  const std::string summary = summary_text(report);
  bool printed = deliver(arguments, "json", console, [&] { return analysis_json(*analysis); });
  printed |= deliver(arguments, "csv", console, [&] { return analysis_csv(*analysis); });
  printed |= deliver(arguments, "html", console, [&] { return analysis_page(*analysis, summary); });
  if (!printed) console.out << summary << analysis_text(*analysis);
  return ExitCode::kOk;
}

}  // namespace

Command analyze_command() {
  return {.usage = {.command = "analyze",
                    .summary =
                        "Measures a model step by step and says what each matrix is, which kernel "
                        "computes it and why.",
                    .operands = "FILE.onnx|DIR|NAME",
                    .max_operands = 1,
                    .flags = flags(),
                    .example = "filigree analyze DIR --sequence_length 384 --html analysis.html"},
          .run = analyze_model};
}

}  // namespace filigree::tools
