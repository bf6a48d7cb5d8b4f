// What the server needs of the engine and the loader; a test may bring its own.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "loader/model.h"
#include "runtime/engine.h"
#include "serve/tasks/model_config.h"
#include "tokenizer/tokenizer.h"

namespace filigree::serve {

// The functions are thread-safe.
struct Backend {
  // Of a path that find_model() gave / of its folder. Throw std::exception with a message for the
  // user.
  std::function<std::shared_ptr<const loader::Model>(const std::filesystem::path&,
                                                     const loader::LoadOptions&)>
      load_model;  // instruction set, cache and placement of the options are not looked at
  // About how many bytes that model will take; null: nobody knows.
  std::function<std::size_t(const std::filesystem::path&, const loader::LoadOptions&)>
      expected_memory;
  std::function<std::shared_ptr<const tokenizer::Tokenizer>(const std::filesystem::path&)>
      load_tokenizer;
  std::function<std::optional<ModelConfig>(const std::filesystem::path&)> load_config;

  // What threads that load beside those that answer call between two pieces of work; it waits while
  // something is computed, but not for long. Empty: they do not wait.
  std::function<void()> give_way;

  std::function<void(runtime::Request, runtime::Done)> submit;
  std::function<void()> expect;  // submit() will follow within a moment
  std::function<std::size_t()> queued_requests;
  std::function<std::size_t()> queued_tokens;        // of them
  std::function<runtime::BatchSizes()> batch_sizes;  // of all batches so far
  std::function<void()> drain;  // returns when every accepted request is answered
  std::function<void()> stop;   // requests that have not begun are answered kStopping

  std::string isa;
  std::size_t cores = 0;
};

// Only what loads, for an instruction set, with packed models kept in `cache`.
Backend loading_backend(kernels::Isa isa, loader::LoadOptions::Cache cache = {},
                        loader::WeightPlacement placement = {});

// `engine` must outlive the Backend.
Backend engine_backend(runtime::Engine& engine, loader::LoadOptions::Cache cache = {});

}  // namespace filigree::serve
