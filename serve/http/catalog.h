// The models behind the endpoints: loading them, each folder (and hidden layer) once, and what
// became of it.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "serve/config/config.h"
#include "serve/http/backend.h"
#include "serve/json.h"
#include "serve/tasks/task.h"

namespace filigree::serve {

// What the endpoints of one folder share; those that need another layer of it do not.
struct LoadedModel {
  TaskParts parts;
  Json card;  // card.json of the folder when it is a JSON object of at most 64 KiB, else null
  std::string files;  // names, sizes and times of the folder's files when it was loaded
};

// Immutable.
struct EndpointState {
  enum class Kind { kLoading, kReady, kFailed } kind = Kind::kLoading;
  std::string name;                           // of the endpoint; of kReady
  std::string error;                          // of kFailed
  std::shared_ptr<const LoadedModel> loaded;  // of kReady
  ReadyTask ready;                            // of kReady
  std::size_t weight = 1;                     // of kReady: its share of the engine
};

inline constexpr std::array kEndpointStates = {
    EndpointState::Kind::kLoading, EndpointState::Kind::kReady, EndpointState::Kind::kFailed};

// "loading", "ready", "failed".
std::string_view state_name(EndpointState::Kind kind) noexcept;

// Thread-safe.
class Catalog {
 public:
  // Both must outlive the catalog. Models that `previous` has loaded are not loaded again unless
  // their files have changed since.
  Catalog(const Config& config, const Backend& backend, const Catalog* previous = nullptr);

  std::shared_ptr<const EndpointState> state(std::size_t endpoint) const;
  std::vector<std::shared_ptr<const EndpointState>> states() const;

  // Loads whatever no other thread has begun to load, one folder after another; several threads may
  // be in here. Between two folders it looks at `stop`.
  void load(std::stop_token stop);

  // True once no endpoint is loading; waits at most `timeout`.
  bool wait_until_loaded(std::chrono::milliseconds timeout) const;

  // Of the first endpoint that failed and whose name is not in `but`: "endpoint 'x' cannot be
  // served: ..."; empty when there is none.
  std::string failure(std::span<const std::string> but) const;

 private:
  // The same for all spellings of one path, and the layer that its endpoints need of it.
  using ModelIdentity = std::pair<std::filesystem::path, std::optional<std::int64_t>>;
  struct Group {
    std::filesystem::path path;
    ModelIdentity identity;
    std::vector<std::size_t> endpoints;
    std::shared_ptr<const LoadedModel> loaded;  // of the previous catalog; null: to be loaded
  };

  std::shared_ptr<const LoadedModel> loaded(const ModelIdentity& identity) const;

  void load_group(const Group& group);
  EndpointState ready_state(const EndpointConfig& endpoint,
                            const std::shared_ptr<const LoadedModel>& loaded) const;
  void set(std::size_t endpoint, EndpointState state);

  const Config& config_;
  const Backend& backend_;
  std::vector<Group> groups_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::shared_ptr<const EndpointState>> states_;
  std::size_t next_group_ = 0;
  std::size_t loading_ = 0;  // endpoints
};

}  // namespace filigree::serve
