// What `benchmark` and `benchmark-pipeline` share: DeepSparse's flags, the engine they ask for, and
// what is shown while they run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine.h"
#include "serve/config/isa_choice.h"
#include "serve/json.h"
#include "tools/benchmark/scenario.h"
#include "tools/benchmark/streams.h"
#include "tools/cli/arguments.h"
#include "tools/cli/console.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/live_line.h"

namespace filigree::tools {

struct BenchmarkSettings {
  std::size_t batch_size = 1;
  std::optional<std::size_t> cores = {}, streams = {};
  Scenario scenario = Scenario::kSync;
  double seconds = 10, warmup_seconds = 2;
  runtime::Pinning pinning = runtime::Pinning::kCore;
  serve::IsaRequest isa;
  loader::LoadOptions loading = {};
  bool quiet = false;
  std::optional<std::string> export_path = {};
};

std::vector<Flag> benchmark_flags();

// Throws UsageError, also for what filigree has instead of a flag's value, and InputError when
// --export-path names a folder that is not there: better now than after the run.
BenchmarkSettings benchmark_settings(const Arguments& arguments);

// "filigree: warning: ..." on the error stream, unless --quiet is given.
void warn(const BenchmarkSettings& settings, Console& console, const std::string& warning);

struct BenchmarkEngine {
  std::unique_ptr<runtime::Engine> engine;
  std::size_t in_flight = 1;  // requests at a time
};

// Prints the warnings of plan and engine.
BenchmarkEngine benchmark_engine(const BenchmarkSettings& settings, Console& console);

// The watch of run_streams(): says how far the run is, and stops it at Ctrl-C.
class RunWatch {
 public:
  RunWatch(const BenchmarkSettings& settings, Console& console)
      : settings_(settings), line_(console) {}
  bool operator()(double elapsed, std::size_t iterations);
  // The run is over, and something else is written.
  void finish() { line_.wipe(); }

 private:
  const BenchmarkSettings& settings_;
  Interrupt interrupt_;
  LiveLine line_;
};

// Settings and surroundings of the run, as both commands export them: "num_cores" to "cpu".
void add_settings(serve::Json& json, const BenchmarkSettings& settings,
                  const BenchmarkEngine& engine);

}  // namespace filigree::tools
