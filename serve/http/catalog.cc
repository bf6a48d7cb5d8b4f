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

// Changes when a file of the folder is written, replaced, added or removed.
std::string files_of(const fs::path& path) {
  const fs::path folder = fs::is_directory(path) ? path : path.parent_path();
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    files.push_back(entry->path().filename().string() + "/" +
                    std::to_string(entry->file_size(ignored)) + "/" +
                    std::to_string(entry->last_write_time(ignored).time_since_epoch().count()));
  }
  std::ranges::sort(files);
  std::string text;
  for (const std::string& file : files) text += file + "\n";
  return text;
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
  loaded.files = files_of(path);  // before reading: a write meanwhile counts as a change
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

std::shared_ptr<const LoadedModel> load_and_tell(const Backend& backend, const fs::path& path,
                                                 std::optional<std::int64_t> hidden_layer) {
  const auto begin = std::chrono::steady_clock::now();
  auto loaded = std::make_shared<const LoadedModel>(load_model(backend, path, hidden_layer));
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  log(LogLevel::kInfo, "loaded " + path.string() + " in " + std::to_string(time.count()) + " ms");
  for (const std::string& warning : loaded->parts.model->warnings) log(LogLevel::kWarning, warning);
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

Catalog::Catalog(const Config& config, const Backend& backend, const Catalog* previous)
    : config_(config),
      backend_(backend),
      states_(config.endpoints.size(), std::make_shared<const EndpointState>()),
      loading_(config.endpoints.size()) {
  std::map<ModelIdentity, std::size_t> seen;
  for (std::size_t i = 0; i < config.endpoints.size(); ++i) {
    const fs::path& path = config.endpoints[i].model_path;
    const ModelIdentity same{identity(path), hidden_layer(config.endpoints[i].options)};
    const auto [entry, fresh] = seen.emplace(same, groups_.size());
    if (fresh) groups_.push_back({path, same, {}, nullptr});
    groups_[entry->second].endpoints.push_back(i);
  }
  if (previous == nullptr) return;
  for (Group& group : groups_) {
    auto loaded = previous->loaded(group.identity);
    if (loaded != nullptr && loaded->files == files_of(group.path))
      group.loaded = std::move(loaded);
  }
}

std::shared_ptr<const LoadedModel> Catalog::loaded(const ModelIdentity& identity) const {
  const auto group = std::ranges::find(groups_, identity, &Group::identity);
  if (group == groups_.end()) return nullptr;
  const std::lock_guard lock(mutex_);
  for (const std::size_t endpoint : group->endpoints)
    if (states_[endpoint]->loaded != nullptr) return states_[endpoint]->loaded;
  return nullptr;
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
  std::shared_ptr<const LoadedModel> loaded = group.loaded;
  try {
    if (loaded == nullptr) loaded = load_and_tell(backend_, group.path, group.identity.second);
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
  state.name = endpoint.name;
  state.loaded = loaded;
  state.weight = endpoint.weight;
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

std::string Catalog::failure(std::span<const std::string> but) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::string& name = config_.endpoints[i].name;
    if (states_[i]->kind == EndpointState::Kind::kFailed &&
        std::ranges::find(but, name) == but.end())
      return "endpoint '" + name + "' cannot be served: " + states_[i]->error;
  }
  return {};
}

bool Catalog::wait_until_loaded(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return loading_ == 0; });
}

}  // namespace filigree::serve
