// What every task looks like to the server and the command line: a JSON request becomes token
// sequences, and the model's outputs for them become a JSON answer. No HTTP, no engine.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "loader/model.h"
#include "runtime/engine.h"
#include "serve/json.h"
#include "serve/tasks/model_config.h"
#include "tokenizer/tokenizer.h"

namespace filigree::serve {

// A name of a member, or an index into a list.
using FieldStep = std::variant<std::string, std::size_t>;

// A request with more mistakes than this is told about the first ones. Readers of long lists stop
// there: what they would say is many times as long as the list.
inline constexpr std::size_t kMostFieldErrors = 100;

// A field of a request that is missing or has the wrong type; `location` is the path to it,
// outermost first.
struct FieldError {
  std::vector<FieldStep> location;
  std::string message;
  std::string type;  // pydantic's name of the error, for example "value_error.missing"
};

struct PreparedTask {
  std::vector<runtime::Sequence>
      sequences;  // never empty; all of them go to the engine as one request
  // The answer from the outputs of `sequences`, in that order. Throws std::runtime_error when the
  // model's outputs have another shape or type than the task needs.
  std::function<Json(std::span<const runtime::SequenceOutput>)> finish;
  std::size_t texts = 0;  // that the sequences are pieces of; 0: every one is one
};

using PreparedOrErrors = std::variant<PreparedTask, std::vector<FieldError>>;

// Thread-safe. The request may be any JSON value.
using Task = std::function<PreparedOrErrors(const Json& request)>;

// What lies in the folder of a model, for the tasks that are made of it. model and tokenizer are
// never null.
struct TaskParts {
  std::shared_ptr<const loader::Model> model;
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer;
  std::optional<ModelConfig> config;
};

struct ReadyTask {
  Task task;
  std::size_t sequence_length = 0;    // in use
  std::vector<std::string> warnings;  // for whoever started it
};

}  // namespace filigree::serve
