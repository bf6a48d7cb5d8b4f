#include "serve/http/config_watcher.h"

#include <array>
#include <future>
#include <memory>
#include <utility>
#include <variant>

#include "serve/http/settled_watch.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

struct Unreadable {
  std::string why;
  bool operator==(const Unreadable&) const = default;
};
using Content = std::variant<std::string, Unreadable>;

Content content_of(const std::filesystem::path& file) {
  try {
    return read_config_text(file);
  } catch (const ConfigError& error) {
    return Unreadable{error.what()};
  }
}

// The settings of the process in the order of the keys: what an engine that runs cannot change.
std::array<std::pair<const char*, bool>, 11> changed_settings(const Config& before,
                                                              const Config& after) {
  const auto isa = [](const Config& config) {
    return config.isa ? std::optional(config.isa->isa) : std::nullopt;
  };
  const auto scheduler = [](const Config& config) {
    return config.scheduler ? config.scheduler->kind : SchedulerKind::kElastic;
  };
  return {
      {{"num_cores", before.num_cores != after.num_cores},
       {"num_workers", before.num_workers != after.num_workers},
       {"scheduler", scheduler(before) != scheduler(after)},
       {"engine_thread_pinning", before.pinning != after.pinning},
       {"numa", before.numa != after.numa},
       {"isa", isa(before) != isa(after)},
       {"integration", before.integration != after.integration},
       {"loggers", to_text(before.loggers) != to_text(after.loggers)},
       {"system_logging", to_text(before.system_logging) != to_text(after.system_logging)},
       {"cache_dir", before.cache_dir != after.cache_dir},
       {"api_key, uds, a limit or another setting of the server", before.server != after.server}}};
}

void keep_settings(const Config& running, Config& config) {
  config.num_cores = running.num_cores;
  config.num_workers = running.num_workers;
  config.scheduler = running.scheduler;
  config.pinning = running.pinning;
  config.numa = running.numa;
  config.isa = running.isa;
  config.integration = running.integration;
  config.logging = running.logging;
  config.loggers = running.loggers;
  config.system_logging = running.system_logging;
  config.cache_dir = running.cache_dir;
  config.server = running.server;
}

void keep_added_endpoints(const Config& running, Config& config) {
  for (const EndpointConfig& added : running.endpoints) {
    if (!added.added) continue;
    for (const EndpointConfig& other : config.endpoints)
      if (other.name == added.name || (other.route && other.route == added.route))
        throw ConfigError("endpoint '" + other.name + "' of the file has the name or route of '" +
                          added.name + "', which a request has added");
    config.endpoints.push_back(added);
  }
}

}  // namespace

Json to_json(const ReloadStatus& status) {
  return Json::object({{"file", status.file},
                       {"applied", status.applied},
                       {"refused", status.refused},
                       {"error", status.error.empty() ? Json() : Json(status.error)}});
}

std::string metrics_text(const ReloadStatus& status) {
  return "# HELP filigree_config_reloads_total Changes of the configuration file.\n"
         "# TYPE filigree_config_reloads_total counter\n"
         "filigree_config_reloads_total{result=\"applied\"} " +
         std::to_string(status.applied) + "\nfiligree_config_reloads_total{result=\"refused\"} " +
         std::to_string(status.refused) +
         "\n# HELP filigree_config_last_reload_successful 0 when the file is not what is served.\n"
         "# TYPE filigree_config_last_reload_successful gauge\n"
         "filigree_config_last_reload_successful " +
         (status.error.empty() ? "1" : "0") + "\n";
}

ConfigWatcher::ConfigWatcher(ConfigSource source, std::chrono::milliseconds interval,
                             DeploymentChanges& changes)
    : source_(std::move(source)), interval_(interval), changes_(changes) {
  status_.file = source_.file.string();
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

ConfigWatcher::~ConfigWatcher() = default;

ReloadStatus ConfigWatcher::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void ConfigWatcher::watch(const std::stop_token& stop) {
  try {
    in_file_ = parse_config(source_.text, status_.file, source_.file.parent_path());
    settle_scheduler(*in_file_);
  } catch (const ConfigError&) {
    // It was readable when the server started; a model has gone since. Changes of settings cannot
    // be told then.
  }
  const auto reload_or_refuse = [this](const Content& content) {
    if (const auto* unreadable = std::get_if<Unreadable>(&content))
      refuse(unreadable->why);
    else
      reload(std::get<std::string>(content));
  };
  watch_settled(
      stop, interval_, Content(source_.text), [this] { return content_of(source_.file); },
      reload_or_refuse);
}

void ConfigWatcher::reload(const std::string& text) {
  auto parsed = std::make_shared<std::optional<Config>>();
  const auto edit = [this, &text, parsed](const Config& running) {
    Config config = parse_config(text, source_.file.string(), source_.file.parent_path());
    *parsed = config;
    settle_scheduler(**parsed);
    keep_settings(running, config);
    keep_added_endpoints(running, config);
    return config;
  };
  // Shared: set_value() may still be at it when this thread goes on.
  using Refusal = std::pair<HttpError, std::string>;
  const auto answered = std::make_shared<std::promise<std::optional<Refusal>>>();
  changes_.post(edit, [answered](const std::optional<ChangeError>& error) {
    answered->set_value(error ? std::optional(Refusal(error->error(), error->what()))
                              : std::nullopt);
  });
  if (const auto refusal = answered->get_future().get()) {
    // That the server stops meanwhile says nothing against the file.
    if (refusal->first != HttpError::kUnavailable) refuse(refusal->second);
    return;
  }
  for (const std::string& warning : (*parsed)->warnings) log(LogLevel::kWarning, warning);
  if (in_file_)
    for (const auto& [key, changed] : changed_settings(*in_file_, **parsed))
      if (changed)
        log(LogLevel::kWarning, source_.file.string() + ": the change of '" + key +
                                    "' needs a restart; the rest of the file is served");
  in_file_ = std::move(*parsed);
  log(LogLevel::kInfo, source_.file.string() + " is served as it is now: " +
                           std::to_string(in_file_->endpoints.size()) + " endpoints");
  const std::lock_guard lock(mutex_);
  ++status_.applied;
  status_.error.clear();
}

void ConfigWatcher::refuse(const std::string& why) {
  log(LogLevel::kError,
      source_.file.string() + " has changed and cannot be served, nothing changes: " + why);
  const std::lock_guard lock(mutex_);
  ++status_.refused;
  status_.error = why;
}

}  // namespace filigree::serve
