#include "serve/http/endpoint_state.h"

namespace filigree::serve {

std::string_view state_name(EndpointState::Kind kind) noexcept {
  switch (kind) {
    case EndpointState::Kind::kLoading:
      return "loading";
    case EndpointState::Kind::kReady:
      return "ready";
    case EndpointState::Kind::kFailed:
      return "failed";
    case EndpointState::Kind::kUnloaded:
      return "unloaded";
  }
  return "";
}

bool is_served(const EndpointState& state) noexcept {
  using Kind = EndpointState::Kind;
  return state.kind == Kind::kReady || state.kind == Kind::kUnloaded ||
         (state.kind == Kind::kLoading && state.on_request);
}

}  // namespace filigree::serve
