// --hot-reload-config: the configuration file is read again when it changes.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "serve/config/config.h"
#include "serve/http/deployment_changes.h"

namespace filigree::serve {

struct ReloadStatus {
  std::string file;
  std::size_t applied = 0;  // changes of the file that are served, or were
  std::size_t refused = 0;  // changes that changed nothing
  std::string error;        // of the last change; empty: it is served
};

Json to_json(const ReloadStatus& status);
std::string metrics_text(const ReloadStatus& status);

// Looks at the file's content in intervals on a thread of its own. What stays the same for one
// interval, so that nobody is writing it any more, is checked, loaded beside what is served and put
// in its place, or nothing changes and the log says why. Endpoints that requests have added stay.
// Cores, workers, pinning, instruction set and integration need a restart; the log says so when the
// file changes them. Thread-safe.
class ConfigWatcher {
 public:
  // `source` is what is served at the start. `changes` must outlive the watcher.
  ConfigWatcher(ConfigSource source, std::chrono::milliseconds interval,
                DeploymentChanges& changes);
  ~ConfigWatcher();

  ReloadStatus status() const;

 private:
  void watch(const std::stop_token& stop);
  void reload(const std::string& text);
  void refuse(const std::string& why);

  const ConfigSource source_;
  const std::chrono::milliseconds interval_;
  DeploymentChanges& changes_;
  std::optional<Config> in_file_;  // what the file said when it was last applied
  mutable std::mutex mutex_;
  ReloadStatus status_;
  std::jthread thread_;
};

}  // namespace filigree::serve
