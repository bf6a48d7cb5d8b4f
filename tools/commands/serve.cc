#include <algorithm>
#include <chrono>
#include <ostream>

#include "serve/config/config.h"
#include "serve/config/engine_choice.h"
#include "serve/config/server_settings.h"
#include "serve/http/server.h"
#include "serve/http/tls_certificates.h"
#include "serve/log.h"
#include "tools/cli/build_commit.h"
#include "tools/commands/cache_flags.h"
#include "tools/commands/commands.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/serve_check.h"

namespace filigree::tools {
namespace {

constexpr std::chrono::milliseconds kReloadInterval{500};  // as DeepSparse's

// What DeepSparse's users know; the flags are spelt as they spell them.
std::string neither_given(const Arguments& arguments) {
  std::string text = "Must specify either --task or --config_file. Found neither";
  if (!arguments.operands().empty()) {
    const std::string& operand = arguments.operands().front();
    text += ", only '" + operand + "': a model needs --task, a configuration is given as " +
            "--config_file " + operand;
  }
  return text;
}

// As in DeepSparse, an operand is the model when --model_path does not name one.
std::string model_of(const Arguments& arguments, std::vector<std::string>& warnings) {
  const auto path = arguments.text("model-path");
  const std::string operand = arguments.operands().empty() ? "" : arguments.operands().front();
  if (path && *path != "default") {
    if (!operand.empty())
      warnings.push_back("the model '" + operand + "' is not used: '--model_path " + *path +
                         "' names another");
    return *path;
  }
  if (!operand.empty()) return operand;
  if (path) return *path;
  throw UsageError("--task needs --model_path: filigree downloads no models");
}

// DeepSparse passes over these in silence.
void warn_beside_config_file(const Arguments& arguments, std::vector<std::string>& warnings) {
  constexpr const char* kInstead = " is not used: '--config-file' says it for each endpoint";
  for (const char* flag : {"task", "model-path", "batch-size"})
    if (arguments.has(flag)) warnings.push_back("flag '--" + std::string(flag) + "'" + kInstead);
  for (const std::string& model : arguments.operands())
    warnings.push_back("the model '" + model + "'" + kInstead);
}

serve::Config config_for_endpoint(const Arguments& arguments) {
  const auto task = arguments.text("task");
  if (!task) throw UsageError(neither_given(arguments));
  std::vector<std::string> warnings;
  serve::Config config = serve::config_for_task(*task, model_of(arguments, warnings));
  config.warnings = std::move(warnings);
  if (const auto size = arguments.number("batch-size", 1, 65536))
    config.endpoints.front().batch_size = *size;
  return config;
}

serve::Config endpoints_of(const Arguments& arguments) {
  const auto file = arguments.text("config-file");
  if (!file) return config_for_endpoint(arguments);
  serve::Config config = serve::load_config(*file);
  warn_beside_config_file(arguments, config.warnings);
  return config;
}

serve::Integration integration_of(const Arguments& arguments) {
  const auto name = arguments.text("integration");
  if (!name) return serve::Integration::kLocal;
  const auto integration = serve::parse_integration(*name);
  if (const auto* reason = std::get_if<std::string>(&integration))
    throw UsageError("flag '--integration': " + *reason);
  return std::get<serve::Integration>(integration);
}

std::optional<runtime::Numa> numa_of(const Arguments& arguments) {
  const auto name = arguments.text("numa");
  if (!name) return std::nullopt;
  const auto numa = serve::parse_numa(*name);
  if (!numa)
    throw UsageError("flag '--numa' is '" + *name + "', expected " +
                     std::string(serve::kNumaNames));
  return numa;
}

serve::Config config_of(const Arguments& arguments) {
  // Before the file is looked for, as a slip in a flag is the nearer mistake.
  const auto integration = integration_of(arguments);
  serve::Config config = endpoints_of(arguments);
  // `local` is also what it is without the flag: then the file decides.
  if (integration != serve::Integration::kLocal) config.integration = integration;
  if (const auto cores = arguments.number("num-cores", 1, 4096)) config.num_cores = *cores;
  if (const auto workers = arguments.number("num-workers", 1, 4096)) config.num_workers = *workers;
  if (const auto name = arguments.text("scheduler"))
    config.scheduler = serve::parse_scheduler_request(*name, "flag '--scheduler'");
  serve::settle_scheduler(config);
  if (const auto numa = numa_of(arguments)) config.numa = numa;
  config.isa = chosen_isa(arguments, config.isa);
  if (const auto folder = arguments.text("cache-dir")) config.cache_dir = folder;
  config.cache = chosen_cache(arguments, config.cache_dir);
  return config;
}

void set_log_level(const Arguments& arguments) {
  const auto name = arguments.text("log-level");
  if (!name) return;
  const auto level = serve::parse_log_level(*name);
  if (!level)
    throw UsageError("flag '--log-level' is '" + *name +
                     "', expected debug, info, warn, error, critical or fatal");
  serve::set_log_level(*level);
}

std::string flag_name(const serve::ServerSetting& setting) {
  std::string name(setting.key);
  std::ranges::replace(name, '_', '-');
  return name;
}

// What the file says, unless the environment or a flag says otherwise.
serve::ServerOptions server_options(const Arguments& arguments, serve::ServerOptions options) {
  serve::read_server_environment(options);
  if (arguments.has("api-key") || arguments.has("api-key-file")) options.api_keys.clear();
  for (const serve::ServerSetting& setting : serve::server_settings()) {
    const std::string name = flag_name(setting);
    const bool is_switch = setting.value.empty() && arguments.has(name);
    if (const auto text = is_switch ? std::string("true") : arguments.text(name))
      setting.set(options, *text, "flag '--" + name + "'");
  }
  options.host = arguments.text("host").value_or(options.host);
  options.port =
      static_cast<std::uint16_t>(arguments.number("port", 0, 65535).value_or(options.port));
  if (!options.uds.empty() && (arguments.has("host") || arguments.has("port")))
    throw UsageError("'--host' and '--port' cannot be combined with the Unix socket '" +
                     options.uds + "'");
  return options;
}

std::vector<Flag> flags() {
  std::vector<Flag> all = {
      {"config-file", "F.yaml", "endpoints: name, route, task, model, kwargs"},
      {"task", "NAME", "serve one model for this task instead: " + serve::task_names()},
      {"model-path", "DIR",
       "the model of --task (or MODEL): a folder, or a file in one, ONNX or packed"},
      {"host", "ADDRESS", "listen on this address (0.0.0.0); '::' for IPv6 and IPv4"},
      {"port", "N", "listen on this port (5543); 0: any free one"},
      {"num-cores", "N", "cores to compute on (default: what the process may use)"},
      {"num-workers", "N", "batches in flight (one for each NUMA node)"},
      {"scheduler", "NAME", "single_stream, multi_stream or elastic (elastic)",
       "single_stream, multi_stream or elastic"},
      {"numa", "HOW", "weights on several NUMA nodes: replicate, interleave or off (replicate)",
       std::string(serve::kNumaNames)},
      {"batch-size", "N", "accepted; batches form from the requests that wait"},
      isa_flag(),
      {"log-level", "LEVEL", "debug, info, warn, error, critical or fatal (info)",
       "debug, info, warn, error, critical, fatal"},
      {"integration", "NAME", "local or sagemaker (local)", "local or sagemaker"},
      {"hot-reload-config", "", "serve what the configuration file says whenever it changes"},
      {"admin", "", "allow POST and DELETE of /endpoints to every client"},
      {"model-root", "DIR", "the folder that POST /endpoints may load models from"},
      {"check", "", "load what the configuration says, tell what it is, and end"},
      {"print-config", "",
       "print the configuration in effect, as YAML that can be loaded, and end"}};
  add_cache_flags(all);
  for (const serve::ServerSetting& setting : serve::server_settings())
    all.push_back({.name = flag_name(setting),
                   .value = std::string(setting.value),
                   .help = std::string(setting.help)});
  return all;
}

// An IPv6 address needs brackets in a URL.
std::string address(const serve::ServerOptions& options, std::uint16_t port) {
  if (!options.uds.empty()) return "unix:" + options.uds;
  const bool is_ipv6 = options.host.find(':') != std::string::npos;
  return (options.tls_cert.empty() ? "http://" : "https://") +
         (is_ipv6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(port) + "/";
}

ExitCode serve_models(const Arguments& arguments, Console& console) {
  set_log_level(arguments);
  static_cast<void>(server_options(arguments, {}));  // wrong flags are told before files are read
  const serve::Config config = config_of(arguments);
  serve::ServerOptions options = server_options(arguments, config.server);
  options.build_commit = build_commit();
  options.admin = arguments.has("admin");
  options.model_root = arguments.text("model-root").value_or("");
  if (arguments.has("hot-reload-config")) {
    if (config.source.file.empty())
      throw UsageError("--hot-reload-config needs --config-file: there is no file to look at");
    options.reload_interval = kReloadInterval;
  }
  if (arguments.has("check") || arguments.has("print-config")) {
    for (const std::string& warning : config.warnings)
      console.err << "filigree: " << warning << "\n";
    if (arguments.has("print-config")) {
      serve::Config effective = config;
      effective.server = options;
      console.out << serve::effective_yaml(effective);
    }
    if (arguments.has("check")) static_cast<void>(serve::tls_certificates(options));
    return arguments.has("check") ? check_configuration(config,
                                                        {.max_memory = options.max_memory,
                                                         .load_timeout = options.load_timeout},
                                                        console)
                                  : ExitCode::kOk;
  }
  serve::set_log_format(options.log_format);
  serve::serve(config, options, [&](std::uint16_t port) {
    console.out << "listening on " << address(options, port) << std::endl;
  });
  return ExitCode::kOk;
}

}  // namespace

Command serve_command() {
  return {
      .usage = {.command = "serve",
                .summary = "Serves models over HTTP until Ctrl-C or SIGTERM.",
                .operands = "[MODEL]",
                .max_operands = 1,
                .flags = flags(),
                .example =
                    "filigree serve --task question_answering --model_path DIR --host 127.0.0.1"},
      .run = serve_models};
}

}  // namespace filigree::tools
