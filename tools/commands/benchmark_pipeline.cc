#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <ostream>

#include "serve/config/config.h"
#include "serve/http/version.h"
#include "serve/tasks/task_options.h"
#include "tools/benchmark/pipeline_inputs.h"
#include "tools/benchmark/pipeline_result.h"
#include "tools/cli/build_commit.h"
#include "tools/cli/files.h"
#include "tools/cli/json.h"
#include "tools/commands/benchmark_flags.h"
#include "tools/commands/commands.h"
#include "tools/commands/model_argument.h"
#include "tools/commands/task_model.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double ms_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

// The model and its task, as serve makes them of an endpoint.
struct Pipeline {
  std::shared_ptr<const loader::Model> model;
  serve::Task task;
};

Pipeline pipeline_of(const serve::EndpointConfig& endpoint, const runtime::Engine& engine,
                     loader::LoadOptions loading) {
  const fs::path& path = endpoint.model_path;
  const fs::path folder = fs::is_directory(path) ? path : fs::absolute(path).parent_path();
  loading.hidden_layer = serve::hidden_layer(endpoint.options);
  loading.placement = engine.weight_placement();
  const serve::TaskParts parts{.model = loader::load_model(path, loading),
                               .tokenizer = tokenizer_of(path),
                               .config = serve::read_model_config(folder)};
  return {.model = parts.model, .task = serve::make_task(parts, endpoint.options).task};
}

// JSON is YAML too: the keywords of the task are checked as those of the server's file. `warnings`
// gets what has no effect.
serve::EndpointConfig endpoint_of(const std::string& task, const std::string& model,
                                  const PipelineConfig& config, const std::string& where,
                                  std::vector<std::string>& warnings) {
  const Json endpoint =
      Json::object({{"task", task}, {"model", model}, {"kwargs", config.pipeline_kwargs}});
  const Json file = Json::object({{"endpoints", Json::array({endpoint})}});
  serve::Config parsed = serve::parse_config(to_text(file), where, {});
  warnings = std::move(parsed.warnings);
  if (const auto& scheduler = parsed.endpoints.front().scheduler)
    warnings.push_back(scheduler->source + " has no effect: --scenario chooses");
  return std::move(parsed.endpoints.front());
}

std::vector<serve::PreparedTask> prepared(const Pipeline& pipeline,
                                          const std::vector<Json>& requests, std::size_t first,
                                          std::size_t count) {
  std::vector<serve::PreparedTask> tasks;
  for (std::size_t i = 0; i < count; ++i) {
    auto task = pipeline.task(requests[(first + i) % requests.size()]);
    if (const auto* errors = std::get_if<std::vector<serve::FieldError>>(&task))
      throw InputError("the task does not accept its input: " + errors->front().message);
    tasks.push_back(std::get<serve::PreparedTask>(std::move(task)));
  }
  return tasks;
}

runtime::Request request_of(const Pipeline& pipeline, std::vector<serve::PreparedTask>& tasks,
                            std::vector<std::size_t>& counts) {
  runtime::Request request;
  request.model = pipeline.model;
  for (serve::PreparedTask& task : tasks) {
    counts.push_back(task.sequences.size());
    std::ranges::move(task.sequences, std::back_inserter(request.sequences));
  }
  return request;
}

StageTimes run_batch(const Pipeline& pipeline, runtime::Engine& engine,
                     const std::vector<Json>& requests, std::size_t first, std::size_t count) {
  const auto begin = Clock::now();
  std::vector<serve::PreparedTask> tasks = prepared(pipeline, requests, first, count);
  std::vector<std::size_t> counts;
  runtime::Request request = request_of(pipeline, tasks, counts);
  const auto submitted = Clock::now();
  const runtime::Response response = engine.run(std::move(request));
  const auto answered = Clock::now();
  if (response.status != runtime::Status::kOk) throw InputError(response.message);
  std::span<const runtime::SequenceOutput> outputs = response.sequences;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    bytes += to_text(tasks[i].finish(outputs.first(counts[i]))).size();
    outputs = outputs.subspan(counts[i]);
  }
  if (bytes == 0) throw InputError("the task has no answer");
  using Ms = std::chrono::duration<double, std::milli>;
  return {.pre_process = ms_between(begin, submitted),
          .engine_forward = ms_between(submitted, answered),
          .post_process = ms_between(answered, Clock::now()),
          .queue = Ms(response.timing.queued).count(),
          .compute = Ms(response.timing.compute).count()};
}

// nullopt: interrupted.
std::optional<PipelineResult> measure(const Pipeline& pipeline, const BenchmarkEngine& engine,
                                      const std::vector<Json>& requests,
                                      const BenchmarkSettings& settings, RunWatch& watch) {
  StreamStages stages(engine.in_flight);
  const auto run_one = [&](std::size_t stream, std::size_t index) {
    const std::size_t first = (index * engine.in_flight + stream) * settings.batch_size;
    stages[stream].push_back(
        run_batch(pipeline, *engine.engine, requests, first, settings.batch_size));
  };
  const auto times = run_streams({.streams = engine.in_flight,
                                  .warmup_seconds = settings.warmup_seconds,
                                  .seconds = settings.seconds},
                                 run_one, std::ref(watch));
  watch.finish();
  if (!times) return std::nullopt;
  return pipeline_result(*times, stages, settings.batch_size);
}

void print_text(const std::string& model, const std::string& task, const char* data,
                const BenchmarkSettings& settings, const PipelineResult& result,
                std::ostream& out) {
  std::array<char, 256> numbers{};
  std::snprintf(numbers.data(), numbers.size(),
                "Iterations: %zu\nTotal Runtime: %.4f\nThroughput (items/sec): %.4f\n",
                result.iterations, result.seconds_ran, result.items_per_sec);
  out << "Original Model Path: " << model << "\nTask: " << task << "\nInput Type: " << data
      << "\nBatch Size: " << settings.batch_size
      << "\nScenario: " << scenario_name(settings.scenario) << "\n"
      << numbers.data() << breakdown_text(result);
}

ExitCode benchmark_pipeline(const Arguments& arguments, Console& console) {
  if (arguments.operands().size() != 2)
    throw UsageError("'benchmark-pipeline' needs a task and a model");
  const std::string& task = arguments.operands()[0];
  const std::string& model = arguments.operands()[1];
  const BenchmarkSettings settings = benchmark_settings(arguments);
  RunWatch watch(settings, console);
  const auto file = arguments.text("input-config");
  const std::string where = file.value_or("pipeline configuration");
  const PipelineConfig config =
      file ? pipeline_config(json_of(read_file(*file), *file), *file) : PipelineConfig{};
  const std::size_t seed = arguments.number("seed", 0, 0x7fffffff).value_or(0);
  std::vector<std::string> warnings;
  const serve::EndpointConfig endpoint =
      endpoint_of(task, model_argument(model).string(), config, where, warnings);
  const serve::TaskKind kind = serve::task_of(endpoint.options);
  const std::vector<Json> requests = pipeline_requests(kind, config, seed);
  const BenchmarkEngine engine = benchmark_engine(settings, console);
  const Pipeline pipeline = pipeline_of(endpoint, *engine.engine, settings.loading);
  warnings.insert(warnings.end(), pipeline.model->warnings.begin(), pipeline.model->warnings.end());
  for (const std::string& warning : warnings) warn(settings, console, warning);
  const auto result = measure(pipeline, engine, requests, settings, watch);
  if (!result) {
    console.err << "filigree: interrupted; nothing was written" << std::endl;
    return ExitCode::kInterrupted;
  }
  const char* data = config.data == PipelineConfig::Data::kReal ? "real" : "dummy";
  Json json = Json::object({{"engine", "filigree"},
                            {"version", serve::version()},
                            {"commit", build_commit()},
                            {"task", serve::task_name(kind)},
                            {"orig_model_path", model},
                            {"model_path", endpoint.model_path.string()},
                            {"input_type", data},
                            {"batch_size", settings.batch_size},
                            {"seed", seed}});
  add_settings(json, settings, engine);
  add_result(json, *result);
  if (settings.export_path) write_file(*settings.export_path, to_text(json) + "\n");
  if (arguments.has("json")) {
    console.out << to_text(json) << "\n";
  } else {
    print_text(model, task, data, settings, *result, console.out);
  }
  return ExitCode::kOk;
}

std::vector<Flag> flags() {
  std::vector<Flag> flags = benchmark_flags();
  flags.insert(
      flags.begin(),
      {{"input-config", "FILE", "JSON: data_type, gen_sequence_length, files, kwargs", {}, {"-c"}},
       {"seed", "N", "of dummy texts (0)"}});
  return flags;
}

}  // namespace

Command benchmark_pipeline_command() {
  return {.usage = {.command = "benchmark-pipeline",
                    .summary = "Measures a model with its task, from text to answer, by stages.",
                    .operands = "TASK MODEL",
                    .max_operands = 2,
                    .flags = flags(),
                    .example = "filigree benchmark-pipeline question_answering DIR --time 5"},
          .run = benchmark_pipeline};
}

}  // namespace filigree::tools
