#include "serve/http/server_state.h"

#include <numeric>

namespace filigree::serve {
namespace {

std::size_t count(const runtime::BatchSizes& sizes) {
  return std::accumulate(sizes.batches.begin(), sizes.batches.end(), std::size_t{0});
}

}  // namespace

EndpointCounts count_states(const Catalog& catalog) {
  EndpointCounts counts;
  for (const auto& state : catalog.states()) {
    if (state->kind == EndpointState::Kind::kLoading) ++counts.loading;
    if (state->kind == EndpointState::Kind::kReady) ++counts.ready;
    if (state->kind == EndpointState::Kind::kFailed) ++counts.failed;
    if (state->kind == EndpointState::Kind::kUnloaded) ++counts.unloaded;
  }
  return counts;
}

Json to_json(const ServerState& state) {
  return Json::object({{"in_flight", state.in_flight},
                       {"queued", state.queued},
                       {"queued_tokens", state.queued_tokens},
                       {"batches", count(state.batches)},
                       {"batch_tokens", state.batches.tokens},
                       {"requests", state.totals.requests},
                       {"tokens", state.totals.tokens},
                       {"resident_bytes", state.resident_bytes},
                       {"endpoints", Json::object({{"loading", state.endpoints.loading},
                                                   {"ready", state.endpoints.ready},
                                                   {"failed", state.endpoints.failed},
                                                   {"unloaded", state.endpoints.unloaded}})},
                       {"stopping", state.stopping}});
}

}  // namespace filigree::serve
