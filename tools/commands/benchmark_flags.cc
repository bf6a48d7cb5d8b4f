#include "tools/commands/benchmark_flags.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <ostream>

#include "kernels/isa.h"
#include "runtime/topology.h"
#include "tools/cli/errors.h"
#include "tools/commands/cache_flags.h"
#include "tools/commands/isa_flag.h"
#include "tools/hardware/cpu_description.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostStreams = 4096;
constexpr double kMostSeconds = 86400;

void check_engine(const Arguments& arguments) {
  const std::string engine = arguments.text("engine").value_or("filigree");
  if (engine == "filigree" || engine == "deepsparse") return;
  throw UsageError("flag '--engine' is '" + engine +
                   "', expected filigree: bench/peers/run compares with ONNX Runtime and OpenVINO");
}

void check_folder(const std::string& file) {
  const fs::path folder = fs::absolute(file).parent_path();
  if (!fs::is_directory(folder))
    throw InputError(file + ": cannot be written, there is no folder " + folder.string());
}

}  // namespace

std::vector<Flag> benchmark_flags() {
  std::vector<Flag> flags = {
      {"batch-size", "N", "sequences of a request (1)", {}, {"-b"}},
      {"num-cores",
       "N",
       "cores to compute on (default: what the process may use)",
       {},
       {"-ncores"}},
      {"scenario", "NAME", "sync, async or elastic (sync)", "sync, async or elastic", {"-s"}},
      {"time", "SECONDS", "how long to measure (10)", {}, {"-t", "--run-time"}},
      {"warmup-time", "SECONDS", "how long to run before (2)", {}, {"-w"}},
      {"num-streams",
       "N",
       "requests in flight, of async and elastic (default: half of the cores)",
       {},
       {"-nstreams"}},
      {"thread-pinning", "HOW", "core, numa or none (core)", "core, numa or none", {"-pin"}},
      {"engine", "NAME", "accepted: filigree or deepsparse", {}, {"-e"}},
      isa_flag(),
      {"quiet", "", "no warnings and no progress", {}, {"-q"}},
      {"export-path", "FILE", "write the result as JSON", {}, {"-x"}},
      {"json", "", "print the result as JSON"}};
  add_cache_flags(flags);
  return flags;
}

BenchmarkSettings benchmark_settings(const Arguments& arguments) {
  check_engine(arguments);
  BenchmarkSettings settings{.isa = chosen_isa(arguments), .loading = load_options(arguments)};
  settings.batch_size = arguments.number("batch-size", 1, 65536).value_or(settings.batch_size);
  settings.cores = arguments.number("num-cores", 1, 4096);
  settings.streams = arguments.number("num-streams", 1, kMostStreams);
  if (const auto name = arguments.text("scenario")) settings.scenario = parse_scenario(*name);
  if (const auto name = arguments.text("thread-pinning")) settings.pinning = parse_pinning(*name);
  settings.seconds = arguments.decimal("time", 0, kMostSeconds).value_or(settings.seconds);
  settings.warmup_seconds =
      arguments.decimal("warmup-time", 0, kMostSeconds).value_or(settings.warmup_seconds);
  settings.quiet = arguments.has("quiet");
  settings.export_path = arguments.text("export-path");
  if (settings.export_path) check_folder(*settings.export_path);
  return settings;
}

void warn(const BenchmarkSettings& settings, Console& console, const std::string& warning) {
  if (!settings.quiet) console.err << "filigree: warning: " << warning << std::endl;
}

BenchmarkEngine benchmark_engine(const BenchmarkSettings& settings, Console& console) {
  const runtime::Topology topology = runtime::process_topology();
  const std::size_t cores = runtime::choose_cores(topology, settings.cores.value_or(0)).cores;
  const ScenarioPlan plan = plan_scenario({.scenario = settings.scenario,
                                           .streams = settings.streams,
                                           .cores = cores,
                                           .numa_nodes = topology.nodes});
  runtime::EngineOptions options;
  options.cores = cores;
  options.streams = plan.engine_streams;
  options.elastic = settings.scenario == Scenario::kElastic;
  options.isa = settings.isa.isa;
  options.pinning = settings.pinning;
  options.max_queued_requests = std::max(options.max_queued_requests, plan.in_flight);
  BenchmarkEngine made{.engine = std::make_unique<runtime::Engine>(options),
                       .in_flight = plan.in_flight};
  for (const std::string& warning : plan.warnings) warn(settings, console, warning);
  for (const std::string& warning : made.engine->warnings()) warn(settings, console, warning);
  return made;
}

bool RunWatch::operator()(double elapsed, std::size_t iterations) {
  if (interrupt_.requested()) return false;
  if (settings_.quiet) return true;
  std::array<char, 128> text{};
  if (elapsed < 0) {
    std::snprintf(text.data(), text.size(), "warm-up: %.1f s left", -elapsed);
  } else {
    const double items = static_cast<double>(iterations * settings_.batch_size);
    std::snprintf(text.data(), text.size(), "%.1f of %.1f s, %zu iterations, %.1f items/s", elapsed,
                  settings_.seconds, iterations, elapsed > 0 ? items / elapsed : 0.0);
  }
  line_.show(text.data());
  return true;
}

void add_settings(serve::Json& json, const BenchmarkSettings& settings,
                  const BenchmarkEngine& engine) {
  json.add("num_cores", engine.engine->cores());
  json.add("scenario", scenario_name(settings.scenario));
  json.add("scheduler", scheduler_name(settings.scenario));
  json.add("seconds_to_run", settings.seconds);
  json.add("num_streams", engine.in_flight);
  json.add("warmup_time", settings.warmup_seconds);
  json.add("thread_pinning", pinning_name(settings.pinning));
  json.add("isa", kernels::isa_name(engine.engine->isa()));
  json.add("isa_reason", settings.isa.source);
  json.add("cores_reason", engine.engine->cores_reason());
  json.add("cpu", read_cpu_description("/").model);
}

}  // namespace filigree::tools
