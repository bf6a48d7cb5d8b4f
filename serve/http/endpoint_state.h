// What has become of an endpoint and its model.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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
  // kUnloaded: not in memory, because of its limit; whoever asks for it has it loaded.
  enum class Kind { kLoading, kReady, kFailed, kUnloaded } kind = Kind::kLoading;
  std::string name;  // of the endpoint; of kReady
  std::string
      error;  // of kFailed; of another kind but kReady: why a request waits no longer for it
  std::shared_ptr<const LoadedModel> loaded;        // of kReady
  ReadyTask ready;                                  // of kReady
  std::size_t weight = 1;                           // of kReady: its share of the engine
  bool on_request = false;                          // of kLoading: it was unloaded before
  std::optional<std::chrono::seconds> retry_after;  // of kFailed: a request then tries again
};

inline constexpr std::array kEndpointStates = {
    EndpointState::Kind::kLoading, EndpointState::Kind::kReady, EndpointState::Kind::kFailed,
    EndpointState::Kind::kUnloaded};

// "loading", "ready", "failed", "unloaded".
std::string_view state_name(EndpointState::Kind kind) noexcept;

// A request is answered, if only after the model has been loaded for it.
bool is_served(const EndpointState& state) noexcept;

}  // namespace filigree::serve
