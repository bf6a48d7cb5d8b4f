// One question answering model in this process, without a server: what `eval squad` uses, and the
// flags of question answering.
#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <vector>

#include "loader/model.h"
#include "runtime/engine.h"
#include "serve/tasks/question_answering.h"
#include "tools/cli/arguments.h"
#include "tools/commands/task_model.h"

namespace filigree::tools {

// Flags of the model, the engine, the cache and the task: --model-path, --num-cores, --isa,
// --cache-dir, --sequence-length and so on.
std::vector<Flag> question_answering_flags();

// `options` with what the flags say.
serve::QuestionAnsweringOptions question_answering_options(
    const Arguments& arguments, serve::QuestionAnsweringOptions options = {});

class QuestionAnsweringModel {
 public:
  // Loads the model and starts the engine. Throws what loader, tokenizer and task throw.
  explicit QuestionAnsweringModel(const Arguments& arguments);
  QuestionAnsweringModel(const std::filesystem::path& model,
                         const serve::QuestionAnsweringOptions& options,
                         const runtime::EngineOptions& engine, const loader::LoadOptions& loading);

  const std::shared_ptr<const serve::QuestionAnswering>& pipeline() const noexcept {
    return pipeline_;
  }
  const runtime::Engine& engine() const noexcept { return engine_; }

  std::future<runtime::Response> submit(std::vector<runtime::Sequence> sequences) {
    return tools::submit(engine_, model_, std::move(sequences));
  }

 private:
  std::shared_ptr<const loader::Model> model_;
  std::shared_ptr<const serve::QuestionAnswering> pipeline_;
  runtime::Engine engine_;  // last: it stops before what it uses goes
};

}  // namespace filigree::tools
