#include <array>
#include <cstdio>
#include <ostream>

#include "serve/http/version.h"
#include "tools/benchmark/benchmark_result.h"
#include "tools/benchmark/comparison.h"
#include "tools/benchmark/input_lengths.h"
#include "tools/benchmark/input_shapes.h"
#include "tools/benchmark/model_inputs.h"
#include "tools/cli/build_commit.h"
#include "tools/cli/files.h"
#include "tools/cli/json.h"
#include "tools/commands/benchmark_flags.h"
#include "tools/commands/commands.h"
#include "tools/commands/model_argument.h"

namespace filigree::tools {
namespace {

constexpr std::size_t kDefaultTokens = 128;
constexpr std::size_t kMostTokens = std::size_t{1} << 20;
// Of models that generate text, which filigree does not run.
constexpr std::array kWithoutMeaning = {"input-ids-length", "no-internal-kv-cache",
                                        "disable-kv-cache-overrides", "num-kv-cache-tokens"};

struct Inputs {
  std::vector<Batch> batches;
  std::string lengths, shapes;
  std::size_t seed = 0;
};

// The flags that say how many tokens there are, in one.
InputLengths lengths_of(const Arguments& arguments, const std::optional<BatchShape>& shape,
                        const IdSpace& ids) {
  auto limit = arguments.number("sequence-length", 1, kMostTokens);
  if (limit && shape && *limit != shape->tokens)
    throw UsageError("flag '--sequence-length' is " + std::to_string(*limit) +
                     " and '--input-shapes' says " + std::to_string(shape->tokens));
  if (shape) limit = shape->tokens;
  const auto text = arguments.text("input-lengths");
  InputLengths lengths =
      text ? InputLengths::parse(*text)
           : InputLengths::fixed(limit.value_or(std::min(kDefaultTokens, ids.positions)));
  if (limit) lengths.limit_to(*limit, "the sequence length that was asked for");
  lengths.limit_to(ids.positions, "what the model has positions for");
  return lengths;
}

Inputs inputs_of(const Arguments& arguments, const loader::Model& model,
                 BenchmarkSettings& settings) {
  Inputs inputs;
  inputs.shapes = arguments.text("input-shapes").value_or("");
  std::optional<BatchShape> shape;
  if (!inputs.shapes.empty()) shape = parse_input_shapes(inputs.shapes);
  if (shape && arguments.has("batch-size") && shape->batch_size != settings.batch_size)
    throw UsageError("flag '--batch-size' is " + std::to_string(settings.batch_size) +
                     " and '--input-shapes' says " + std::to_string(shape->batch_size));
  if (shape) settings.batch_size = shape->batch_size;
  inputs.seed = arguments.number("seed", 0, 0x7fffffff).value_or(0);
  const IdSpace ids = id_space(model);
  const InputLengths lengths = lengths_of(arguments, shape, ids);
  inputs.lengths = lengths.text();
  inputs.batches = model_inputs(lengths, settings.batch_size, ids, inputs.seed);
  return inputs;
}

std::size_t tokens_of(const Batch& batch) {
  std::size_t tokens = 0;
  for (const runtime::Sequence& sequence : batch) tokens += sequence.ids.size();
  return tokens;
}

struct Measured {
  BenchmarkResult result;
  double tokens_per_sec = 0;
};

// nullopt: interrupted.
std::optional<Measured> measure(const std::shared_ptr<const loader::Model>& model,
                                const BenchmarkEngine& engine, const Inputs& inputs,
                                const BenchmarkSettings& settings, RunWatch& watch) {
  const auto batch_of = [&](std::size_t stream, std::size_t index) -> const Batch& {
    return inputs.batches[(stream + index * engine.in_flight) % inputs.batches.size()];
  };
  const auto run_one = [&](std::size_t stream, std::size_t index) {
    runtime::Request request;
    request.model = model;
    request.sequences = batch_of(stream, index);
    const runtime::Response response = engine.engine->run(std::move(request));
    if (response.status != runtime::Status::kOk) throw InputError(response.message);
  };
  const auto times = run_streams({.streams = engine.in_flight,
                                  .warmup_seconds = settings.warmup_seconds,
                                  .seconds = settings.seconds},
                                 run_one, std::ref(watch));
  watch.finish();
  if (!times) return std::nullopt;
  Measured measured{.result = benchmark_result(*times, settings.batch_size)};
  std::size_t tokens = 0;
  for (std::size_t stream = 0; stream < times->size(); ++stream)
    for (const Iteration& iteration : (*times)[stream])
      tokens += tokens_of(batch_of(stream, iteration.index));
  measured.tokens_per_sec = static_cast<double>(tokens) / measured.result.seconds_ran;
  return measured;
}

void print_text(const std::string& model, const BenchmarkSettings& settings,
                const BenchmarkEngine& engine, const Inputs& inputs, const Measured& measured,
                std::ostream& out) {
  const BenchmarkResult& result = measured.result;
  std::array<char, 512> numbers{};
  std::snprintf(numbers.data(), numbers.size(),
                "Throughput (items/sec): %.4f\nLatency Mean (ms/batch): %.4f\n"
                "Latency Median (ms/batch): %.4f\nLatency Std (ms/batch): %.4f\n"
                "Iterations: %zu\n",
                result.items_per_sec, result.latency_ms.mean, result.latency_ms.median,
                result.latency_ms.std, result.iterations);
  std::array<char, 64> tokens{};
  std::snprintf(tokens.data(), tokens.size(), "%.1f", measured.tokens_per_sec);
  out << "Original Model Path: " << model << "\nBatch Size: " << settings.batch_size
      << "\nScenario: " << scenario_name(settings.scenario) << "\n"
      << numbers.data() << "Input Lengths (tokens): " << inputs.lengths
      << "\nThroughput (tokens/sec): " << tokens.data() << "\nCores: " << engine.engine->cores()
      << ", Streams: " << engine.in_flight << ", ISA: " << kernels::isa_name(engine.engine->isa())
      << "\n";
}

Json report_of(const std::string& model, const std::string& file, const loader::Model& loaded,
               const BenchmarkSettings& settings, const BenchmarkEngine& engine,
               const Inputs& inputs, const Measured& measured) {
  Json json = Json::object({{"engine", "filigree"},
                            {"version", serve::version()},
                            {"commit", build_commit()},
                            {"orig_model_path", model},
                            {"model_path", file},
                            {"batch_size", settings.batch_size},
                            {"input_shapes", inputs.shapes}});
  add_settings(json, settings, engine);
  json.add("input_lengths", inputs.lengths);
  json.add("seed", inputs.seed);
  json.add("benchmark_result", to_json(measured.result, settings.scenario));
  json.add("tokens_per_sec", measured.tokens_per_sec);
  json.add("model_memory_bytes", loaded.memory_bytes);
  // DeepSparse's number, for all or nothing: a recognised encoder, or the interpreter.
  json.add("fraction_of_supported_ops", loaded.encoder ? 1.0 : 0.0);
  return json;
}

ExitCode benchmark(const Arguments& arguments, Console& console) {
  if (arguments.operands().empty())
    throw UsageError(
        "'benchmark' needs a model: a folder with model.onnx or model.filigree, or such a file");
  BenchmarkSettings settings = benchmark_settings(arguments);
  for (const char* flag : kWithoutMeaning)
    if (arguments.has(flag))
      warn(
          settings, console,
          "flag '--" + std::string(flag) + "' has no meaning for models that do not generate text");
  RunWatch watch(settings, console);
  const auto compared = arguments.text("compare");
  const Json earlier = compared ? json_of(read_file(*compared), *compared) : Json();
  if (compared) compare(earlier, earlier, *compared);  // what is wrong with it is known now
  const std::string& name = arguments.operands().front();
  const std::string file = model_argument(name).string();
  const BenchmarkEngine engine = benchmark_engine(settings, console);
  loader::LoadOptions loading = settings.loading;
  loading.placement = engine.engine->weight_placement();
  const auto model = loader::load_model(file, loading);
  for (const std::string& warning : model->warnings) warn(settings, console, warning);
  const Inputs inputs = inputs_of(arguments, *model, settings);
  const auto measured = measure(model, engine, inputs, settings, watch);
  if (!measured) {
    console.err << "filigree: interrupted; nothing was written" << std::endl;
    return ExitCode::kInterrupted;
  }
  Json json = report_of(name, file, *model, settings, engine, inputs, *measured);
  std::optional<BenchmarkComparison> comparison;
  if (compared) comparison = compare(earlier, json, *compared);
  if (comparison) json.add("comparison", to_json(*comparison, *compared));
  if (settings.export_path) write_file(*settings.export_path, to_text(json) + "\n");
  if (arguments.has("json")) {
    console.out << to_text(json) << "\n";
    return ExitCode::kOk;
  }
  print_text(name, settings, engine, inputs, *measured, console.out);
  if (comparison) console.out << comparison_text(*comparison, *compared);
  if (settings.export_path)
    console.out << "Saving benchmark results to JSON file at " << *settings.export_path << "\n";
  return ExitCode::kOk;
}

std::vector<Flag> flags() {
  std::vector<Flag> flags = {
      {"input-shapes", "SHAPES", "[batch,tokens], once or for every input", {}, {"-i", "-shapes"}},
      {"sequence-length",
       "N",
       "tokens of a sequence, or the most of them (128)",
       {},
       {"-seq_len", "--seq-len"}},
      {"input-lengths", "L", "tokens: N, A-B, squad or file:PATH (one number a line)"},
      {"seed", "N", "of lengths and token ids (0)"},
      {"compare", "FILE", "print the change since an earlier --export-path"}};
  const std::vector<Flag> common = benchmark_flags();
  flags.insert(flags.end(), common.begin(), common.end());
  const std::string accepted = "accepted; of models that generate text";
  flags.push_back({"input-ids-length", "N", accepted, {}, {"-input_ids_len", "--input-ids-len"}});
  flags.push_back({"no-internal-kv-cache", "", accepted});
  flags.push_back({"disable-kv-cache-overrides", "", accepted});
  flags.push_back({"num-kv-cache-tokens", "N", accepted});
  return flags;
}

}  // namespace

Command benchmark_command() {
  return {.usage = {.command = "benchmark",
                    .summary = "Measures throughput and latency of a model, without text and HTTP.",
                    .operands = "MODEL",
                    .max_operands = 1,
                    .flags = flags(),
                    .example = "filigree benchmark DIR --input-lengths squad -s async -x now.json"},
          .run = benchmark};
}

}  // namespace filigree::tools
