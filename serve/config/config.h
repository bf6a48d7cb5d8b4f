// The server's configuration: DeepSparse's YAML, or what a command line says. Untrusted: every
// mistake is a ConfigError.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "loader/model.h"
#include "runtime/engine.h"
#include "serve/config/isa_choice.h"
#include "serve/config/logging.h"
#include "serve/config/model_path.h"
#include "serve/config/scheduler_choice.h"
#include "serve/config/server_options.h"
#include "serve/json.h"
#include "serve/tasks/task_options.h"

namespace filigree::serve {

// "serve.yaml:12: ..." names the file, the line, what was found and what was expected.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Two endpoints have one name or address, or an endpoint has one of the server.
class AddressTaken : public ConfigError {
 public:
  using ConfigError::ConfigError;
};

struct EndpointConfig {
  std::string name;                  // unique; "question_answering-0" when the file gives none
  std::optional<std::string> route;  // starts with '/', does not end with one
  TaskOptions options;               // which also say the task
  std::string model;                 // as written
  std::filesystem::path model_path;  // an existing .onnx file, or a folder with model.onnx
  std::size_t batch_size = 1;        // kept for /config: batches form from the requests that wait
  std::size_t weight = 1;            // its share of the engine beside the others
  std::optional<SchedulerRequest> scheduler;  // of its kwargs; settle_scheduler() decides
  Json bucketing;                             // as written; null: none
  Json kwargs = Json::object({});             // as written
  EndpointLogging logging;
  Json logging_config, data_logging;  // as written; null: not given
  bool added = false;                 // by a request to the running server, not by the file
};

// A file and what it said when it was read; empty without a file.
struct ConfigSource {
  std::filesystem::path file;
  std::string text;
};

// Which paths there are besides our own: kSagemaker adds /invocations, and /ping means what Amazon
// SageMaker takes it for.
enum class Integration { kLocal, kSagemaker };

// "local", "sagemaker" in any case; otherwise the reason, with the alternative for "openai".
std::variant<Integration, std::string> parse_integration(std::string_view name);

struct Config {
  std::optional<std::size_t> num_cores;    // nullopt: all that the process may use
  std::optional<std::size_t> num_workers;  // batches in flight; nullopt: one a NUMA node
  // nullopt: kElastic. From a file it is the server's own key before settle_scheduler().
  std::optional<SchedulerRequest> scheduler;
  // nullopt: the best this CPU has. From a file it is checked by choose_isa, not before.
  std::optional<IsaRequest> isa;
  std::optional<runtime::Pinning> pinning;
  std::optional<runtime::Numa> numa;
  std::optional<std::string> cache_dir;  // as written, or as a flag says
  loader::LoadOptions::Cache cache =
      {};  // in use; from a file it is nowhere before choose_cache_folder
  Integration integration = Integration::kLocal;
  ServerOptions server;
  std::vector<EndpointConfig> endpoints;  // at least one
  ServerLogging logging;
  Json loggers = Json::object({});  // as written
  Json system_logging;              // as written; null: not given
  ConfigSource source;
  ModelSearch search;                 // where the endpoints' models were looked for
  std::vector<std::string> warnings;  // keys that are accepted and have no effect
};

// Reads a YAML file, or throws ConfigError. A relative model path is looked up in the current
// folder, as DeepSparse does, and then in the folder of the file; stubs as model_path.h says.
Config load_config(const std::filesystem::path& file);
std::string read_config_text(const std::filesystem::path& file);  // load_config()'s first step
Config parse_config(std::string_view yaml, const std::string& file_name,
                    const std::filesystem::path& folder);

// One endpoint, named as `task` is written here: what `--task` and `--model_path` mean. Throws
// ConfigError.
Config config_for_task(std::string_view task, const std::string& model_path);

// What GET /config answers: DeepSparse's shape, with the values in use.
Json to_json(const Config& config);

// The same and the settings of the server as a YAML file that gives this configuration again, from
// whatever folder it is read: its `models` name the folders that were found. API keys are left out;
// comments at its end say so, and what only flags can say.
std::string effective_yaml(const Config& config);

// The options of the engine that this configuration asks for.
runtime::EngineOptions engine_options(const Config& config);

}  // namespace filigree::serve
