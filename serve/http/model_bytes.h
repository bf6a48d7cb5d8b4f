// How much memory loaded models take, and how much of it they have in common.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "loader/model.h"

namespace filigree::serve {

// own + shared = Model::memory_bytes. `shared` is what other models of the process use at this
// moment, too, and would stay if this one went.
struct ModelBytes {
  std::size_t own = 0;
  std::size_t shared = 0;
};

ModelBytes model_bytes(const loader::Model& model) noexcept;

// Of all of them together: what several have in common is counted once, as is a model that is named
// more than once.
std::size_t total_bytes(std::span<const std::shared_ptr<const loader::Model>> models);

}  // namespace filigree::serve
