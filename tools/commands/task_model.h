// One model with a task in this process, without a server: what `run` uses.
#pragma once

#include <cstddef>
#include <filesystem>
#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/engine.h"
#include "serve/tasks/task_options.h"
#include "tools/cli/arguments.h"

namespace filigree::tools {

// --num-cores and --isa (tools/commands/isa_flag.h). Throws UsageError and ConfigError.
runtime::EngineOptions engine_options(const Arguments& arguments);

// tokenizer.json or vocab.txt beside the model.
std::shared_ptr<const tokenizer::Tokenizer> tokenizer_of(const std::filesystem::path& model);

// Requests that are kept in flight: enough to fill the engine's batches while answers are written
// out, few enough for its queue.
inline constexpr std::size_t kRequestsInFlight = 64;

// Far beyond any model: the tasks cut to what the model has.
inline constexpr std::size_t kMostTokens = std::size_t{1} << 20;

// submit() with a future instead of a callback.
std::future<runtime::Response> submit(runtime::Engine& engine,
                                      const std::shared_ptr<const loader::Model>& model,
                                      std::vector<runtime::Sequence> sequences);

class TaskModel {
 public:
  // Loads the model of --model-path and starts the engine. Throws what loader, tokenizer and task
  // throw.
  TaskModel(const Arguments& arguments, const serve::TaskOptions& options,
            const runtime::EngineOptions& engine);

  const serve::ReadyTask& ready() const noexcept { return ready_; }
  std::future<runtime::Response> submit(std::vector<runtime::Sequence> sequences) {
    return tools::submit(engine_, parts_.model, std::move(sequences));
  }

 private:
  serve::TaskParts parts_;
  serve::ReadyTask ready_;
  runtime::Engine engine_;  // last: it stops before what it uses goes
};

}  // namespace filigree::tools
