// Changes of what is served, one after another on a thread of their own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "serve/http/backend.h"
#include "serve/http/deployment.h"
#include "serve/http/errors.h"
#include "serve/http/metrics.h"

namespace filigree::serve {

// Why nothing has changed.
class ChangeError : public std::runtime_error {
 public:
  ChangeError(HttpError error, const std::string& message)
      : std::runtime_error(message), error_(error) {}
  HttpError error() const noexcept { return error_; }

 private:
  HttpError error_;
};

// A change makes a new deployment beside the one in use, loads its models and then puts it in the
// place of the old one at once: a request sees one or the other, and those that have begun keep the
// old one. When anything fails, nothing has changed. Thread-safe.
class DeploymentChanges {
 public:
  // The next configuration from the one in use. Throws ConfigError or ChangeError.
  using Edit = std::function<Config(const Config& current)>;
  // Called once, on the thread of the changes or, when the server stops, on any; nullopt: done.
  using Done = std::function<void(const std::optional<ChangeError>&)>;

  // All must outlive the changes.
  DeploymentChanges(CurrentDeployment& current, const Backend& backend, Metrics& metrics);
  ~DeploymentChanges();  // stop(), and waits for the model that is just being loaded

  // Errors besides those of `edit`: kConflict for two endpoints of one name or address;
  // kInvalidFields for an endpoint that cannot be served, unless the endpoint of that name could
  // not be before either; kUnavailable when the server stops.
  void post(Edit edit, Done done);

  bool busy() const;  // a change waits or is being made

  // Refuses all changes that are not done yet; returns at once. Idempotent.
  void stop();

 private:
  struct Change {
    Edit edit;
    Done done;
  };

  void work(std::stop_token stop);
  std::optional<ChangeError> apply(const Edit& edit, std::stop_token stop);
  void replace(const Edit& edit, std::stop_token stop);

  CurrentDeployment& current_;
  const Backend& backend_;
  Metrics& metrics_;
  mutable std::mutex mutex_;
  std::condition_variable_any posted_;
  std::deque<Change> waiting_;
  bool working_ = false;
  bool stopped_ = false;
  std::jthread thread_;
};

}  // namespace filigree::serve
