// From the folder of a model to what the tasks need of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "serve/http/backend.h"
#include "serve/http/endpoint_state.h"

namespace filigree::serve {

// The same for all spellings of one model; when the system cannot say, the spelling decides.
std::filesystem::path model_identity(const std::filesystem::path& path);

// Of the model's folder. Changes when a file is written, replaced, added or removed.
std::string model_files(const std::filesystem::path& path);

// Throws std::exception for what cannot be served.
LoadedModel read_model(const Backend& backend, const std::filesystem::path& path,
                       std::optional<std::int64_t> hidden_layer);

}  // namespace filigree::serve
