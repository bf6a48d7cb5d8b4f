// Which models of the process are in memory, and how much they may take together.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "loader/model.h"
#include "serve/http/change_signal.h"
#include "serve/http/endpoint_state.h"

namespace filigree::serve {

struct ModelLimits {
  std::optional<std::size_t> max_memory;           // bytes of all models; nullopt: no limit
  std::chrono::milliseconds load_timeout{30'000};  // how long a request waits for its model
  // When a request has a model loaded again that could not be: FailedLoads.
  std::chrono::milliseconds retry_interval{30'000}, look_interval{1'000};
};

// Why a model cannot be loaded (now).
struct MemoryShortage {
  std::size_t needed = 0;  // by the model
  std::size_t used = 0;    // by others, those included that are being loaded
  std::size_t limit = 0;
  bool is_final = false;  // the model does not even fit alone
};

// "it needs 7 bytes of memory, 5 are used and max_memory is 10".
std::string shortage_text(const MemoryShortage& shortage);

// What is counted are the bytes of models (Model::memory_bytes) that live, whoever holds them, and
// of those that are being loaded; what several models share counts once. Without a limit nothing is
// ever unloaded. Thread-safe. Always in a shared_ptr.
class ResidentModels : public std::enable_shared_from_this<ResidentModels> {
 public:
  using Clock = ChangeSignal::Clock;

  // The state of one endpoint.
  struct Seat {
    std::shared_ptr<const EndpointState> state = std::make_shared<const EndpointState>();
  };
  // One model that may be in memory. Members are for ResidentModels alone.
  class Slot;
  // Of what is free, for a model that is being loaded; given back at its end, which its slot
  // outlives.
  class Reservation;

  explicit ResidentModels(ModelLimits limits = {});
  ~ResidentModels();

  const ModelLimits& limits() const noexcept { return limits_; }
  // Of states and memory.
  ChangeSignal& signal() noexcept { return *signal_; }

  // `name` is for the log.
  std::shared_ptr<Slot> make_slot(std::string name);

  // The model in memory; null: it is not.
  std::shared_ptr<const LoadedModel> loaded(const Slot& slot) const;
  // LoadedModel::files of the last time; empty: it has never been loaded.
  std::string last_files(const Slot& slot) const;

  std::shared_ptr<const EndpointState> state(const Seat& seat) const;
  // A state that is kReady belongs to the model in `slot`, and becomes kUnloaded when that has gone
  // or goes.
  void set(Slot& slot, const std::shared_ptr<Seat>& seat, EndpointState state);
  // The state for a request: as long as it is kept, its model has one more request in flight.
  std::shared_ptr<const EndpointState> use(const std::shared_ptr<Slot>& slot, const Seat& seat);

  // Counts as a request in flight as long as it is kept: for whoever is about to make states of the
  // model. Null: it is not in memory.
  std::shared_ptr<const void> pin(const std::shared_ptr<Slot>& slot);

  enum class Room {
    kFree,  // what is free now, or once other loads have ended
    kMake   // unload others: the one that was used least recently first, of those without a request
            // in flight; only when there are none, one that takes no more requests and goes when
            // those it has are answered
  };
  // Waits for memory for a model until `until` or `stop`. `expected` bytes are what its files say;
  // what it took the last time is known better.
  std::variant<Reservation, MemoryShortage> reserve(Slot& slot, std::size_t expected, Room room,
                                                    Clock::time_point until,
                                                    const std::stop_token& stop);
  // The model that memory was reserved for, as it will be counted.
  std::shared_ptr<const loader::Model> counted(std::shared_ptr<const loader::Model> model);
  // It is in memory; others are unloaded where it is larger than expected. A shortage, which is
  // final: it does not fit alone, and is not in memory.
  std::optional<MemoryShortage> put(Slot& slot, Reservation reservation,
                                    std::shared_ptr<const LoadedModel> loaded);

  // The files of the model have changed: it goes if it is in memory, and what it took the last time
  // counts no more. Nothing happens while it is being loaded.
  void forget(Slot& slot);

  std::size_t used_bytes() const;  // by models that live
  std::size_t unloads() const;     // how many times a model was unloaded
  // What is missing for a model that memory was asked for; nullopt: nothing.
  std::optional<MemoryShortage> shortage(const Slot& slot) const;

 private:
  class Lease;
  struct Outgoing;  // what is let go of without the lock

  std::size_t live_bytes() const;
  std::size_t staying_bytes() const;
  std::size_t need_of(const Slot& slot) const;
  bool unload_one(const Slot* but, Outgoing& outgoing);
  void unload(Slot& slot, Outgoing& outgoing);
  void let_go(Slot& slot, Outgoing& outgoing);
  void release(Slot& slot);
  void end(Reservation& reservation);

  const ModelLimits limits_;
  const std::shared_ptr<ChangeSignal> signal_ = std::make_shared<ChangeSignal>();
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<Slot>> slots_;
  std::vector<std::weak_ptr<const loader::Model>> live_;
  std::size_t reserved_ = 0;
  std::uint64_t uses_ = 0;  // so far: a clock for the order of uses
  std::size_t unloads_ = 0;
};

class ResidentModels::Reservation {
 public:
  Reservation(std::shared_ptr<ResidentModels> models, Slot* slot, std::size_t bytes)
      : models_(std::move(models)), slot_(slot), bytes_(bytes) {}
  Reservation(Reservation&& other) noexcept = default;
  Reservation& operator=(Reservation&&) = delete;
  ~Reservation();

 private:
  std::shared_ptr<ResidentModels> models_;  // null: moved away, or ended
  Slot* slot_;
  std::size_t bytes_;
  friend class ResidentModels;
};

}  // namespace filigree::serve
