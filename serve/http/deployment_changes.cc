#include "serve/http/deployment_changes.h"

#include <chrono>
#include <utility>

#include "loader/give_way.h"
#include "serve/http/thread_priority.h"

namespace filigree::serve {
namespace {

ChangeError stopping() { return {HttpError::kUnavailable, "the server is stopping"}; }

// Names of endpoints that cannot be served as it is.
std::vector<std::string> failed_names(const Deployment& deployment) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < deployment.config().endpoints.size(); ++i)
    if (deployment.catalog().state(i)->kind == EndpointState::Kind::kFailed)
      names.push_back(deployment.config().endpoints[i].name);
  return names;
}

}  // namespace

DeploymentChanges::DeploymentChanges(CurrentDeployment& current, const Backend& backend,
                                     Metrics& metrics)
    : current_(current),
      backend_(backend),
      metrics_(metrics),
      thread_([this](std::stop_token stop) { work(std::move(stop)); }) {}

DeploymentChanges::~DeploymentChanges() { stop(); }

void DeploymentChanges::post(Edit edit, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) {
      waiting_.push_back({std::move(edit), std::move(done)});
      posted_.notify_one();
      return;
    }
  }
  done(stopping());
}

bool DeploymentChanges::busy() const {
  const std::lock_guard lock(mutex_);
  return working_ || !waiting_.empty();
}

void DeploymentChanges::stop() {
  std::deque<Change> refused;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    refused.swap(waiting_);
  }
  thread_.request_stop();
  for (const Change& change : refused) change.done(stopping());
}

void DeploymentChanges::work(std::stop_token stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    working_ = false;
    if (!posted_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
    const Change change = std::move(waiting_.front());
    waiting_.pop_front();
    working_ = true;
    lock.unlock();
    change.done(apply(change.edit, stop));
  }
}

std::optional<ChangeError> DeploymentChanges::apply(const Edit& edit, std::stop_token stop) {
  try {
    replace(edit, std::move(stop));
    return std::nullopt;
  } catch (const ChangeError& error) {
    return error;
  } catch (const AddressTaken& error) {
    return ChangeError(HttpError::kConflict, error.what());
  } catch (const ConfigError& error) {
    return ChangeError(HttpError::kInvalidFields, error.what());
  } catch (const std::exception& error) {
    return ChangeError(HttpError::kInternal, error.what());
  }
}

void DeploymentChanges::replace(const Edit& edit, std::stop_token stop) {
  constexpr std::chrono::milliseconds kLookForStop{50};
  const auto current = current_.get();
  // What it is still loading would be loaded twice.
  while (!current->catalog().wait_until_loaded(kLookForStop))
    if (stop.stop_requested()) throw stopping();
  const auto next = std::make_shared<Deployment>(edit(current->config()), backend_, *current);
  lower_thread_priority();  // what is served goes on beside it
  const loader::GiveWayScope scope(backend_.give_way);
  next->catalog().load(stop);
  if (stop.stop_requested()) throw stopping();
  const std::string failure = next->catalog().failure(failed_names(*current));
  if (!failure.empty()) throw ConfigError(failure);
  next->enlist(metrics_);
  current_.replace(next);
}

}  // namespace filigree::serve
