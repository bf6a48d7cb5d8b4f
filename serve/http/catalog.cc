#include "serve/http/catalog.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <stdexcept>
#include <utility>

#include "serve/log.h"

namespace filigree::serve {
namespace {

namespace fs = std::filesystem;

// Two spellings of one model are one model; when the system cannot say, the spelling decides. Links
// are followed for the folder only: what a model file links to may have another tokenizer beside
// it.
fs::path identity(const fs::path& path) {
  const bool folder = !fs::is_regular_file(path);
  std::error_code error;
  const fs::path canonical =
      fs::weakly_canonical(fs::absolute(folder ? path : path.parent_path()), error);
  if (error) return path;
  return folder || path.filename() == "model.onnx" ? canonical : canonical / path.filename();
}

Json read_card(const fs::path& folder) {
  constexpr std::size_t kMaxBytes = 64 << 10;
  std::ifstream stream(folder / "card.json", std::ios::binary);
  if (!stream) return {};
  std::string text(kMaxBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  auto card = parse_json(text);
  Json* value = std::get_if<Json>(&card);
  if (text.size() <= kMaxBytes && value != nullptr && value->is_object()) return std::move(*value);
  log(LogLevel::kWarning, (folder / "card.json").string() +
                              ": is not a JSON object of at most 64 KiB and is not shown");
  return {};
}

LoadedModel load_model(const Backend& backend, const fs::path& path,
                       std::optional<std::int64_t> hidden_layer) {
  const fs::path folder = fs::is_directory(path) ? path : path.parent_path();
  LoadedModel loaded;
  loaded.parts.config = backend.load_config(folder);
  loaded.parts.tokenizer = backend.load_tokenizer(folder);
  loaded.parts.model = backend.load_model(path, {.hidden_layer = hidden_layer});
  loaded.card = read_card(folder);
  const auto& encoder = loaded.parts.model->encoder;
  const std::size_t tokens = loaded.parts.tokenizer->vocabulary_size();
  if (encoder && tokens > encoder->vocabulary)
    throw std::runtime_error(folder.string() + ": the tokenizer knows " + std::to_string(tokens) +
                             " tokens, the model has embeddings for " +
                             std::to_string(encoder->vocabulary));
  return loaded;
}

}  // namespace

std::string_view state_name(EndpointState::Kind kind) noexcept {
  switch (kind) {
    case EndpointState::Kind::kLoading:
      return "loading";
    case EndpointState::Kind::kReady:
      return "ready";
    case EndpointState::Kind::kFailed:
      return "failed";
  }
  return "";
}

Catalog::Catalog(const Config& config, const Backend& backend)
    : config_(config),
      backend_(backend),
      states_(config.endpoints.size(), std::make_shared<const EndpointState>()),
      loading_(config.endpoints.size()) {
  std::map<std::pair<fs::path, std::optional<std::int64_t>>, std::size_t> seen;
  for (std::size_t i = 0; i < config.endpoints.size(); ++i) {
    const fs::path& path = config.endpoints[i].model_path;
    const auto layer = hidden_layer(config.endpoints[i].options);
    const auto [entry, fresh] = seen.emplace(std::pair(identity(path), layer), groups_.size());
    if (fresh) groups_.push_back({path, layer, {}});
    groups_[entry->second].endpoints.push_back(i);
  }
}

std::shared_ptr<const EndpointState> Catalog::state(std::size_t endpoint) const {
  const std::lock_guard lock(mutex_);
  return states_.at(endpoint);
}

std::vector<std::shared_ptr<const EndpointState>> Catalog::states() const {
  const std::lock_guard lock(mutex_);
  return states_;
}

void Catalog::load(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::size_t group = 0;
    {
      const std::lock_guard lock(mutex_);
      if (next_group_ == groups_.size()) return;
      group = next_group_++;
    }
    load_group(groups_[group]);
  }
}

void Catalog::load_group(const Group& group) {
  const auto fail = [&](std::size_t endpoint, const std::exception& error) {
    log(LogLevel::kError,
        "endpoint '" + config_.endpoints[endpoint].name + "' cannot be served: " + error.what());
    EndpointState state;
    state.kind = EndpointState::Kind::kFailed;
    state.error = error.what();
    set(endpoint, std::move(state));
  };
  std::shared_ptr<const LoadedModel> loaded;
  try {
    const auto begin = std::chrono::steady_clock::now();
    loaded =
        std::make_shared<const LoadedModel>(load_model(backend_, group.path, group.hidden_layer));
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begin);
    log(LogLevel::kInfo,
        "loaded " + group.path.string() + " in " + std::to_string(time.count()) + " ms");
    for (const std::string& warning : loaded->parts.model->warnings)
      log(LogLevel::kWarning, warning);
  } catch (const std::exception& error) {
    for (const std::size_t endpoint : group.endpoints) fail(endpoint, error);
    return;
  }
  for (const std::size_t endpoint : group.endpoints) {
    try {
      set(endpoint, ready_state(config_.endpoints[endpoint], loaded));
    } catch (const std::exception& error) {
      fail(endpoint, error);
    }
  }
}

EndpointState Catalog::ready_state(const EndpointConfig& endpoint,
                                   const std::shared_ptr<const LoadedModel>& loaded) const {
  EndpointState state;
  state.kind = EndpointState::Kind::kReady;
  state.loaded = loaded;
  state.ready = make_task(loaded->parts, endpoint.options);
  for (const std::string& warning : state.ready.warnings)
    log(LogLevel::kWarning, "endpoint '" + endpoint.name + "': " + warning);
  return state;
}

void Catalog::set(std::size_t endpoint, EndpointState state) {
  auto shared = std::make_shared<const EndpointState>(std::move(state));
  {
    const std::lock_guard lock(mutex_);
    states_[endpoint] = std::move(shared);
    --loading_;
  }
  changed_.notify_all();
}

bool Catalog::wait_until_loaded(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return loading_ == 0; });
}

}  // namespace filigree::serve
