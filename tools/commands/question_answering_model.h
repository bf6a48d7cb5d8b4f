// One question answering model in this process, without a server: what `run` and `eval squad`
// share.
#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <vector>

#include "loader/model.h"
#include "runtime/engine.h"
#include "serve/tasks/question_answering.h"
#include "tools/cli/arguments.h"

namespace filigree::tools {

// Flags of the model, the engine and the task: --model-path, --num-cores, --isa, --sequence-length
// and so on.
std::vector<Flag> question_answering_flags();

serve::QuestionAnsweringOptions question_answering_options(const Arguments& arguments);

// --num-cores and --isa (tools/commands/isa_flag.h). Throws UsageError and ConfigError.
runtime::EngineOptions engine_options(const Arguments& arguments);

// Requests that are kept in flight: enough to fill the engine's batches while answers are written
// out, few enough for its queue.
inline constexpr std::size_t kRequestsInFlight = 64;

class QuestionAnsweringModel {
 public:
  // Loads the model and starts the engine. Throws what loader, tokenizer and task throw.
  explicit QuestionAnsweringModel(const Arguments& arguments);
  QuestionAnsweringModel(const std::filesystem::path& model,
                         const serve::QuestionAnsweringOptions& options,
                         const runtime::EngineOptions& engine);

  const std::shared_ptr<const serve::QuestionAnswering>& pipeline() const noexcept {
    return pipeline_;
  }
  const runtime::Engine& engine() const noexcept { return engine_; }

  std::future<runtime::Response> submit(std::vector<runtime::Sequence> sequences);

 private:
  std::shared_ptr<const loader::Model> model_;
  std::shared_ptr<const serve::QuestionAnswering> pipeline_;
  runtime::Engine engine_;  // last: it stops before what it uses goes
};

}  // namespace filigree::tools
