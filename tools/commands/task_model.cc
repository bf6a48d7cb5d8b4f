#include "tools/commands/task_model.h"

#include <filesystem>

#include "tools/commands/cache_flags.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/model_argument.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& model) {
  const fs::path folder = fs::is_directory(model) ? model : model.parent_path();
  return folder.empty() ? "." : folder;
}

serve::TaskParts parts_of(const Arguments& arguments, std::optional<std::int64_t> hidden_layer) {
  const fs::path path = model_argument(arguments.required("model-path"));
  loader::LoadOptions options = load_options(arguments);
  options.hidden_layer = hidden_layer;
  return {.model = loader::load_model(path, options),
          .tokenizer = tokenizer_of(path),
          .config = serve::read_model_config(folder_of(path))};
}

}  // namespace

runtime::EngineOptions engine_options(const Arguments& arguments) {
  runtime::EngineOptions options;
  options.cores = arguments.number("num-cores", 1, 4096).value_or(0);
  options.isa = chosen_isa(arguments).isa;
  return options;
}

std::shared_ptr<const tokenizer::Tokenizer> tokenizer_of(const fs::path& model) {
  return std::make_shared<const tokenizer::Tokenizer>(
      tokenizer::Tokenizer::from_folder(folder_of(model)));
}

std::future<runtime::Response> submit(runtime::Engine& engine,
                                      const std::shared_ptr<const loader::Model>& model,
                                      std::vector<runtime::Sequence> sequences) {
  auto promise = std::make_shared<std::promise<runtime::Response>>();
  std::future<runtime::Response> response = promise->get_future();
  runtime::Request request;
  request.model = model;
  request.sequences = std::move(sequences);
  engine.submit(std::move(request),
                [promise](runtime::Response answered) { promise->set_value(std::move(answered)); });
  return response;
}

TaskModel::TaskModel(const Arguments& arguments, const serve::TaskOptions& options,
                     const runtime::EngineOptions& engine)
    : parts_(parts_of(arguments, serve::hidden_layer(options))),
      ready_(serve::make_task(parts_, options)),
      engine_(engine) {}

}  // namespace filigree::tools
