#include <ostream>

#include "serve/config/config.h"
#include "serve/http/server.h"
#include "serve/log.h"
#include "tools/commands/commands.h"
#include "tools/commands/isa_flag.h"

namespace filigree::tools {
namespace {

// What DeepSparse's users know; the flags are spelt as they spell them.
constexpr const char* kNeitherGiven = "Must specify either --task or --config_file. Found neither";

std::string model_of(const Arguments& arguments) {
  const auto path = arguments.text("model-path");
  if (path && !arguments.operands().empty())
    throw UsageError("the model is given twice: '--model_path " + *path + "' and '" +
                     arguments.operands().front() + "'");
  if (path) return *path;
  if (!arguments.operands().empty()) return arguments.operands().front();
  throw UsageError("--task needs --model_path: filigree downloads no models");
}

void refuse_beside_config_file(const Arguments& arguments) {
  for (const char* flag : {"task", "model-path", "batch-size"})
    if (arguments.has(flag))
      throw UsageError(
          "flag '--" + std::string(flag) +
          "' cannot be combined with '--config-file', which says it for each endpoint");
  if (!arguments.operands().empty())
    throw UsageError("the model '" + arguments.operands().front() +
                     "' cannot be combined with '--config-file'");
}

serve::Config config_of(const Arguments& arguments) {
  const auto file = arguments.text("config-file");
  const auto task = arguments.text("task");
  if (file) {
    refuse_beside_config_file(arguments);
    return serve::load_config(*file);
  }
  if (!task) throw UsageError(kNeitherGiven);
  serve::Config config = serve::config_for_task(*task, model_of(arguments));
  if (const auto size = arguments.number("batch-size", 1, 65536))
    config.endpoints.front().batch_size = *size;
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

// An IPv6 address needs brackets in a URL.
std::string url(const std::string& host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return "http://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + "/";
}

ExitCode serve_models(const Arguments& arguments, Console& console) {
  if (const auto integration = arguments.text("integration");
      integration && *integration != "local")
    throw UsageError("flag '--integration' is '" + *integration + "', expected local");
  set_log_level(arguments);
  serve::ServerOptions options;
  options.host = arguments.text("host").value_or(options.host);
  options.port =
      static_cast<std::uint16_t>(arguments.number("port", 0, 65535).value_or(options.port));
  serve::Config config = config_of(arguments);
  if (const auto cores = arguments.number("num-cores", 1, 4096)) config.num_cores = *cores;
  if (const auto workers = arguments.number("num-workers", 1, 4096)) config.num_workers = *workers;
  config.isa = chosen_isa(arguments, config.isa);
  serve::serve(config, options, [&](std::uint16_t port) {
    console.out << "listening on " << url(options.host, port) << std::endl;
  });
  return ExitCode::kOk;
}

}  // namespace

Command serve_command() {
  return {
      .usage =
          {.command = "serve",
           .summary = "Serves models over HTTP until Ctrl-C or SIGTERM.",
           .operands = "[MODEL]",
           .max_operands = 1,
           .flags = {{"config-file", "F.yaml", "endpoints: name, route, task, model, kwargs"},
                     {"task", "NAME",
                      "serve one model for this task instead: " + serve::task_names()},
                     {"model-path", "DIR",
                      "the model of --task: a folder, or an .onnx file in one"},
                     {"host", "ADDRESS", "listen on this address (0.0.0.0)"},
                     {"port", "N", "listen on this port (5543); 0: any free one"},
                     {"num-cores", "N", "cores to compute on (default: what the process may use)"},
                     {"num-workers", "N", "batches in flight (1)"},
                     {"batch-size", "N", "accepted; batches form from the requests that wait"},
                     isa_flag(),
                     {"log-level", "LEVEL", "debug, info, warn, error, critical or fatal (info)",
                      "debug, info, warn, error, critical, fatal"},
                     {"integration", "NAME", "local"}},
           .example = "filigree serve --task question_answering --model_path DIR --host 127.0.0.1"},
      .run = serve_models};
}

}  // namespace filigree::tools
