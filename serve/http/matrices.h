// GET .../matrices: each matrix of a model's encoder, and where its nonzeros are.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "serve/http/catalog.h"
#include "serve/http/message.h"
#include "serve/json.h"

namespace filigree::serve {

// [{"layer", "step", "name", "rows", "cols", "nonzeros", "form", "kernel", "packed_bytes",
//   "density": {"height", "width", "cells"}}], in the order of computation; empty without a
// recognised encoder. cells are [height][width], row after row, the share of nonzeros in
// thousandths; the longer side has at most `side` cells. One matrix at a time is unpacked.
Json matrices_json(const loader::Model& model, std::size_t side);

// Unpacking reads every weight of the model, so it happens on a thread of its own, once for each
// model that is loaded. Thread-safe.
class MatrixRequests {
 public:
  MatrixRequests();
  ~MatrixRequests();  // close()

  // 200, or 503 when the model is not there or the server stops.
  void answer(std::shared_ptr<const EndpointState> state, const Reply& reply);

  // What waits is answered with 503 from now on; returns at once.
  void stop() noexcept { stopping_ = true; }
  // Returns when everything is answered. No answer() after it. Idempotent.
  void close();

 private:
  using Text = std::shared_ptr<const std::string>;
  struct Known {
    std::weak_ptr<const loader::Model> model;
    Text matrices;
  };
  class Thread;

  Text text_of(const std::shared_ptr<const loader::Model>& model);

  std::atomic<bool> stopping_{false};
  std::vector<Known> known_;  // for the thread alone
  std::unique_ptr<Thread> thread_;
};

}  // namespace filigree::serve
