#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <type_traits>

#include "serve/config/config.h"
#include "serve/config/default_model.h"
#include "serve/config/endpoint_reader.h"
#include "serve/config/engine_choice.h"
#include "serve/config/fields.h"
#include "serve/config/server_settings.h"
#include "serve/config/task_kwargs.h"

namespace filigree::serve {
namespace {

constexpr std::string_view kServerKeys[] = {
    "num_cores", "num_workers",           "integration", "scheduler",           "isa",
    "cache_dir", "engine_thread_pinning", "numa",        "pytorch_num_threads", "endpoints",
    "loggers",   "system_logging",        "models"};
constexpr std::string_view kEndpointKeys[] = {
    "name",           "route",        "task",      "model",       "batch_size", "weight",
    "logging_config", "data_logging", "bucketing", "middlewares", "kwargs"};

// In place of a line: of an endpoint that is not in this file.
constexpr std::size_t kElsewhere = 0;

std::vector<std::string_view> server_keys() {
  std::vector<std::string_view> keys(std::begin(kServerKeys), std::end(kServerKeys));
  for (const ServerSetting& setting : server_settings()) keys.push_back(setting.key);
  return keys;
}

class Reader {
 public:
  Reader(const std::string& file, const std::filesystem::path& folder) : file_(file) {
    config_.search = {.folder = folder, .models = {}, .roots = model_roots()};
  }

  // Goes on where another configuration ends.
  Reader(const std::string& file, Config config) : file_(file), config_(std::move(config)) {
    for (const EndpointConfig& endpoint : config_.endpoints) {
      names_.emplace(endpoint.name, kElsewhere);
      if (endpoint.route) routes_.emplace(*endpoint.route, kElsewhere);
    }
  }

  Config read_one(const YamlNode& endpoint) {
    read_endpoint(endpoint);
    return std::move(config_);
  }

  Config read(const YamlNode& root) {
    const Fields server(root, "the configuration", file_);
    server.allow(server_keys());
    read_server_settings(server, config_.server);
    config_.num_cores = server.count("num_cores", 1);
    config_.num_workers = server.count("num_workers", 1);
    read_integration(server);
    config_.scheduler = scheduler_of(server, file_);
    read_isa(server);
    config_.cache_dir = server.text("cache_dir");
    config_.pinning = choice(server, "engine_thread_pinning", parse_pinning, kPinningNames);
    config_.numa = choice(server, "numa", parse_numa, kNumaNames);
    warn_if_given(server, "pytorch_num_threads", "there is no PyTorch here");
    read_logging(server);
    read_models(server);
    read_endpoints(server);
    return std::move(config_);
  }

 private:
  void warn_if_given(const Fields& fields, std::string_view key, const std::string& why) {
    if (fields.find(key) != nullptr)
      config_.warnings.push_back(file_ + ":" + std::to_string(fields.line_of(key)) + ": '" +
                                 std::string(key) + "' has no effect: " + why);
  }

  void read_integration(const Fields& server) {
    const auto name = server.text("integration");
    if (!name) return;
    const auto integration = parse_integration(*name);
    if (const auto* reason = std::get_if<std::string>(&integration))
      server.fail(server.line_of("integration"), *reason);
    config_.integration = std::get<Integration>(integration);
  }

  void read_isa(const Fields& server) {
    const auto name = server.text("isa");
    if (!name) return;
    config_.isa =
        parse_isa_request(*name, file_ + ":" + std::to_string(server.line_of("isa")) + ": isa");
  }

  // The key's value by name; nullopt without the key.
  template <class Parse>
  std::invoke_result_t<Parse, std::string_view> choice(const Fields& server, std::string_view key,
                                                       Parse parse, std::string_view names) {
    const auto name = server.text(key);
    if (!name) return std::nullopt;
    const auto value = parse(*name);
    if (!value)
      server.fail(server.line_of(key),
                  std::string(key) + " is '" + *name + "', expected " + std::string(names));
    return value;
  }

  void read_logging(const Fields& server) {
    config_.logging = server_logging(server, file_);
    if (const YamlNode* loggers = server.find("loggers"))
      // A logger without options is null in YAML; as {} it stays when nulls are left out.
      for (const auto& [name, options] : loggers->members)
        config_.loggers.add(name.scalar, options.kind == YamlNode::Kind::kNull ? Json::object({})
                                                                               : to_json(options));
    if (const YamlNode* system = server.find("system_logging"))
      config_.system_logging = to_json(*system);
  }

  void read_models(const Fields& server) {
    const YamlNode* models = server.find("models");
    if (models == nullptr) return;
    const Fields names(*models, "models", file_);
    for (const auto& [name, target] : names.members()) {
      if (target.kind != YamlNode::Kind::kScalar || target.scalar.empty())
        server.fail(target.line, "'models' gives " + serve::quoted(name.scalar) + " " +
                                     describe(target) + ", expected a folder or .onnx file");
      config_.search.models.emplace(name.scalar, target.scalar);
    }
  }

  void read_endpoints(const Fields& server) {
    const YamlNode& list = server.required("endpoints");
    if (list.kind != YamlNode::Kind::kSequence || list.items.empty())
      server.fail(list.line,
                  "endpoints is " +
                      (list.kind == YamlNode::Kind::kSequence ? "empty" : describe(list)) +
                      ", expected a list of at least one");
    for (const YamlNode& item : list.items) read_endpoint(item);
  }

  void read_endpoint(const YamlNode& item) {
    const Fields fields(item, "endpoint", file_);
    fields.allow(kEndpointKeys);
    EndpointConfig endpoint;
    const std::string task = read_task(fields);
    const TaskKind kind = task_kind(fields, task);
    read_name(fields, task, endpoint);
    read_route(fields, endpoint);
    read_model(fields, kind, endpoint);
    endpoint.batch_size = fields.count("batch_size", 1).value_or(1);
    if (endpoint.batch_size > 1)
      warn_if_given(fields, "batch_size", "batches form from the requests that wait");
    endpoint.weight = fields.count("weight", 1).value_or(1);
    read_logging(fields, endpoint);
    refuse_unless_empty(fields, "middlewares");
    endpoint.options = task_options(kind, fields, file_, config_.warnings);
    if (const YamlNode* kwargs = fields.find("kwargs")) {
      endpoint.scheduler = scheduler_of(Fields(*kwargs, "kwargs", file_), file_);
      endpoint.kwargs = to_json(*kwargs);
    }
    if (const YamlNode* bucketing = fields.find("bucketing"))
      endpoint.bucketing = to_json(*bucketing);
    config_.endpoints.push_back(std::move(endpoint));
  }

  void read_logging(const Fields& fields, EndpointConfig& endpoint) const {
    endpoint.logging = endpoint_logging(fields, config_.logging, file_);
    if (const YamlNode* node = fields.find("logging_config"))
      endpoint.logging_config = to_json(*node);
    if (const YamlNode* node = fields.find("data_logging")) endpoint.data_logging = to_json(*node);
  }

  static std::string read_task(const Fields& fields) {
    fields.required("task");
    return *fields.text("task");
  }

  static TaskKind task_kind(const Fields& fields, const std::string& name) {
    const auto task = parse_task(name);
    if (const auto* reason = std::get_if<std::string>(&task))
      fields.fail(fields.line_of("task"), *reason);
    return std::get<TaskKind>(task);
  }

  void read_name(const Fields& fields, const std::string& task, EndpointConfig& endpoint) {
    const auto name = fields.text("name");
    endpoint.name = name ? *name : task + "-" + std::to_string(unnamed_[task]++);
    check_address(fields, "name", endpoint.name);
    claim(fields, names_, "name", endpoint.name);
  }

  void read_route(const Fields& fields, EndpointConfig& endpoint) {
    auto route = fields.text("route");
    if (!route) return;
    check_address(fields, "route", *route);
    if (!route->starts_with('/')) route->insert(0, 1, '/');
    if (route->size() > 1 && route->ends_with('/')) route->pop_back();
    claim(fields, routes_, "route", *route);
    endpoint.route = std::move(route);
  }

  void check_address(const Fields& fields, std::string_view key, const std::string& text) const {
    const auto unusable = [](char c) {
      return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '?' || c == '#' || c == '%';
    };
    if (text.empty() || text == "/" || std::ranges::any_of(text, unusable))
      fields.fail(fields.line_of(key), std::string(key) + " is '" + text +
                                           "', expected text for a URL without spaces, '?', '#' "
                                           "and '%'");
  }

  // Throws AddressTaken.
  void claim(const Fields& fields, std::map<std::string, std::size_t>& taken, std::string_view key,
             const std::string& text) const {
    const std::size_t line = fields.line_of(key);
    const auto [entry, fresh] = taken.emplace(text, line);
    if (fresh) return;
    const std::string where = entry->second == kElsewhere
                                  ? " by another endpoint"
                                  : " on line " + std::to_string(entry->second);
    throw AddressTaken(file_ + ":" + std::to_string(line) + ": " + std::string(key) + " '" + text +
                       "' is already used" + where);
  }

  void read_model(const Fields& fields, TaskKind task, EndpointConfig& endpoint) {
    fields.required("model");
    endpoint.model = *fields.text("model");
    if (endpoint.model == "default" && !config_.search.models.contains("default"))
      endpoint.model = default_model(task_name(task));
    auto found = find_model(endpoint.model, config_.search);
    if (const auto* reason = std::get_if<std::string>(&found))
      fields.fail(fields.line_of("model"), *reason);
    endpoint.model_path = std::get<std::filesystem::path>(std::move(found));
  }

  void refuse_unless_empty(const Fields& fields, std::string_view key) const {
    const YamlNode* node = fields.find(key);
    if (node == nullptr || (node->members.empty() && node->items.empty() && node->scalar.empty()))
      return;
    fields.fail(node->line, quoted(key) +
                                " names Python functions, which filigree never runs; "
                                "what they add belongs into a proxy in front");
  }

  const std::string& file_;
  Config config_;
  std::map<std::string, std::size_t> names_, routes_;  // with the line that has them
  std::map<std::string, std::size_t> unnamed_;         // endpoints so far, by task
};

}  // namespace

Config parse_config(std::string_view yaml, const std::string& file_name,
                    const std::filesystem::path& folder) {
  return Reader(file_name, folder).read(parse_yaml(yaml, file_name));
}

void read_endpoint(const YamlNode& node, const std::string& file, Config& config) {
  config = Reader(file, config).read_one(node);
}

std::string read_config_text(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw ConfigError(file.string() + ": cannot be opened: " + std::strerror(errno));
  // One byte more than parse_yaml accepts is enough to have it refuse the file.
  constexpr std::size_t kEnough = (1 << 20) + 1;
  std::string text(kEnough, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (stream.gcount() == 0 && !stream.eof()))
    throw ConfigError(file.string() + ": cannot be read: " + std::strerror(errno));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

Config load_config(const std::filesystem::path& file) {
  std::string text = read_config_text(file);
  Config config = parse_config(text, file.string(), file.parent_path());
  config.source = {file, std::move(text)};
  return config;
}

}  // namespace filigree::serve
