// GET /v2/state: a few numbers of the moment, cheap enough to be asked for every second.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/batch_sizes.h"
#include "serve/http/catalog.h"
#include "serve/http/metrics.h"
#include "serve/json.h"

namespace filigree::serve {

struct EndpointCounts {
  std::size_t loading = 0, ready = 0, failed = 0, unloaded = 0;
};

struct ServerState {
  std::size_t in_flight = 0;      // inference requests being answered
  std::size_t queued = 0;         // of them, waiting in the engine
  std::size_t queued_tokens = 0;  // of those
  runtime::BatchSizes batches;
  Totals totals;
  std::uint64_t resident_bytes = 0;
  EndpointCounts endpoints;
  bool stopping = false;
};

EndpointCounts count_states(const Catalog& catalog);

// {"in_flight", "queued", "queued_tokens", "batches", "batch_tokens", "requests", "tokens",
//  "resident_bytes", "endpoints": {"loading", "ready", "failed", "unloaded"}, "stopping"}; batches
//  and their
// tokens, requests and tokens are sums since the start.
Json to_json(const ServerState& state);

}  // namespace filigree::serve
