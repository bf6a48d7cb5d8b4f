// The models behind the endpoints of a configuration: loading them, each folder (and hidden layer)
// once, and what became of it.
#pragma once

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
#include <utility>
#include <variant>
#include <vector>

#include "serve/config/config.h"
#include "serve/http/backend.h"
#include "serve/http/endpoint_state.h"
#include "serve/http/failed_loads.h"
#include "serve/http/resident_models.h"

namespace filigree::serve {

// Where the model of an endpoint is on its way into memory.
struct LoadProgress {
  std::size_t position = 0;           // 0: it is being loaded; n: the n-th that will be
  std::chrono::milliseconds time{0};  // at position 0: so far
};

// Thread-safe.
class Catalog {
 public:
  // `config` and `backend` must outlive the catalog. `models` limits what is in memory; null: no
  // limit.
  Catalog(const Config& config, const Backend& backend,
          std::shared_ptr<ResidentModels> models = nullptr);
  // In place of `previous`, within the same limit. Models that it has are not loaded again unless
  // their files have changed since; those that it has unloaded stay so.
  Catalog(const Config& config, const Backend& backend, const Catalog& previous);

  std::shared_ptr<const EndpointState> state(std::size_t endpoint) const;
  std::vector<std::shared_ptr<const EndpointState>> states() const;
  // The state for a request that keeps it until it is answered, see ResidentModels::use().
  std::shared_ptr<const EndpointState> use(std::size_t endpoint) const;
  // Only of an endpoint that is kLoading.
  std::optional<LoadProgress> progress(std::size_t endpoint) const;

  // Loads whatever no other thread has begun to load, one folder after another; several threads may
  // be in here. Between two folders it looks at `stop`. With a memory limit: kWhatFits leaves
  // unloaded what finds no room; kEach makes room, so that each model has been loaded once and
  // those that were loaded first may be unloaded in the end.
  enum class Extent { kWhatFits, kEach };
  void load(const std::stop_token& stop, Extent extent = Extent::kEach);

  // Loads the model of an endpoint that is kUnloaded, or kFailed, and waits for memory no longer
  // than ModelLimits::load_timeout. It is kReady, kFailed, or what it was after that; what was
  // kFailed is so until then.
  void load_on_request(std::size_t endpoint, const std::stop_token& stop);

  // Of an endpoint that is kFailed. May a request wait for retry_is_due()? Seldom, and only with a
  // memory limit: then who is refused costs no look at files.
  bool may_be_retried(std::size_t endpoint) const;
  // Looks at the model's files: may load_on_request() end in another way now? A model in memory
  // that serves another endpoint is left alone.
  bool retry_is_due(std::size_t endpoint);

  // What the endpoint's model waits for; nullopt: there is memory for it.
  std::optional<MemoryShortage> shortage(std::size_t endpoint) const;

  // True once no endpoint is loading that has not been loaded before; waits at most `timeout`.
  bool wait_until_loaded(std::chrono::milliseconds timeout) const;

  // Of the first endpoint that failed and whose name is not in `but`: "endpoint 'x' cannot be
  // served: ..."; empty when there is none.
  std::string failure(std::span<const std::string> but) const;

  const ResidentModels& models() const noexcept { return *models_; }

 private:
  using Clock = ResidentModels::Clock;
  using Slot = ResidentModels::Slot;
  // The same for all spellings of one path, and the layer that its endpoints need of it.
  using ModelIdentity = std::pair<std::filesystem::path, std::optional<std::int64_t>>;
  struct Group {
    std::filesystem::path path;
    ModelIdentity identity;
    std::vector<std::size_t> endpoints;
    std::shared_ptr<Slot> slot;
    bool needs_no_trial = false;  // the previous catalog has served the same, or would have
  };
  enum class Purpose { kWhatFits, kEach, kRequest };

  void put_large_ones_first();
  void take_over(Group& group, const Catalog& previous) const;
  const Group& group_of(std::size_t endpoint) const;
  // `turn` ends when memory is reserved.
  void load_group(std::size_t index, Purpose purpose, const std::stop_token& stop,
                  std::unique_lock<std::mutex> turn);
  std::variant<ResidentModels::Reservation, MemoryShortage> reserve(const Group& group,
                                                                    Purpose purpose,
                                                                    const std::stop_token& stop);
  // Null: there is no memory for it now, and the purpose allows that.
  std::shared_ptr<const void> bring_in(const Group& group, Purpose purpose,
                                       const std::stop_token& stop,
                                       std::unique_lock<std::mutex> turn);
  void make_states(const Group& group);
  EndpointState ready_state(const EndpointConfig& endpoint,
                            const std::shared_ptr<const LoadedModel>& loaded) const;
  void set(const Group& group, std::size_t endpoint, EndpointState state);
  void set_all(const Group& group, const EndpointState& state);
  void fail(const Group& group, std::size_t endpoint, const std::exception& error,
            FailedLoads::Failure failure);
  void fail_all(const Group& group, const std::exception& error,
                const FailedLoads::Failure& failure);
  bool stays_failed(std::size_t endpoint, const LoadedModel* loaded) const;
  void log_loaded(const Group& group, const LoadedModel& loaded, std::chrono::milliseconds time,
                  Purpose purpose) const;

  const Config& config_;
  const Backend& backend_;
  const std::shared_ptr<ResidentModels> models_;
  std::vector<Group> groups_;
  std::vector<std::size_t> group_of_endpoint_;
  std::vector<std::shared_ptr<ResidentModels::Seat>> seats_;
  FailedLoads failures_;
  std::mutex turns_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Clock::time_point> begun_;  // of each group: when it was last begun to be loaded
  std::size_t next_group_ = 0;
  std::size_t loading_ = 0;  // groups that load() has not done yet
};

}  // namespace filigree::serve
