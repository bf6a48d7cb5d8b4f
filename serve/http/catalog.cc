#include "serve/http/catalog.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <stdexcept>
#include <utility>

#include "serve/http/model_loading.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

using Kind = EndpointState::Kind;

EndpointState state_of_kind(Kind kind) {
  EndpointState state;
  state.kind = kind;
  return state;
}

bool same_options(const EndpointConfig& a, const EndpointConfig& b) {
  return task_of(a.options) == task_of(b.options) && to_text(a.kwargs) == to_text(b.kwargs) &&
         to_text(a.bucketing) == to_text(b.bucketing);
}

// No model that takes so much can be loaded.
class DoesNotFit : public std::runtime_error {
 public:
  DoesNotFit(const std::filesystem::path& path, const MemoryShortage& shortage)
      : std::runtime_error(path.string() + ": " + shortage_text(shortage)) {}
};

std::string megabytes(std::size_t bytes) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

}  // namespace

Catalog::Catalog(const Config& config, const Backend& backend,
                 std::shared_ptr<ResidentModels> models)
    : config_(config),
      backend_(backend),
      models_(models != nullptr ? std::move(models) : std::make_shared<ResidentModels>()),
      failures_(config.endpoints.size(), {.retry = models_->limits().retry_interval,
                                          .look = models_->limits().look_interval}) {
  std::map<ModelIdentity, std::size_t> seen;
  for (std::size_t i = 0; i < config.endpoints.size(); ++i) {
    const std::filesystem::path& path = config.endpoints[i].model_path;
    const ModelIdentity same{model_identity(path), hidden_layer(config.endpoints[i].options)};
    const auto [entry, fresh] = seen.emplace(same, groups_.size());
    if (fresh) groups_.push_back({path, same, {}, models_->make_slot(path.string())});
    groups_[entry->second].endpoints.push_back(i);
    group_of_endpoint_.push_back(entry->second);
    seats_.push_back(std::make_shared<ResidentModels::Seat>());
  }
  // With a limit, who stands first is loaded first, since not all may fit.
  if (!models_->limits().max_memory && backend.expected_memory) put_large_ones_first();
  begun_.resize(groups_.size());
  loading_ = groups_.size();
}

// So that threads that load end at about the same time.
void Catalog::put_large_ones_first() {
  using Entry = std::pair<std::size_t, std::size_t>;  // bytes, number of the group
  std::vector<Entry> order;
  for (const Group& group : groups_)
    order.emplace_back(
        backend_.expected_memory(group.path, {.hidden_layer = group.identity.second}),
        order.size());
  std::ranges::stable_sort(order, std::greater(), &Entry::first);
  std::vector<Group> sorted;
  for (const auto& [bytes, group] : order) {
    for (const std::size_t endpoint : groups_[group].endpoints)
      group_of_endpoint_[endpoint] = sorted.size();
    sorted.push_back(std::move(groups_[group]));
  }
  groups_ = std::move(sorted);
}

Catalog::Catalog(const Config& config, const Backend& backend, const Catalog& previous)
    : Catalog(config, backend, previous.models_) {
  for (Group& group : groups_) take_over(group, previous);
}

void Catalog::take_over(Group& group, const Catalog& previous) const {
  const auto known = std::ranges::find(previous.groups_, group.identity, &Group::identity);
  if (known == previous.groups_.end()) return;
  const std::string files = models_->last_files(*known->slot);
  // Never loaded: nobody has asked for it yet. What could not be loaded is tried again.
  const bool is_untouched = files.empty() && is_served(*previous.state(known->endpoints.front()));
  if (files != model_files(group.path) && !is_untouched) return;
  group.slot = known->slot;
  group.needs_no_trial = std::ranges::all_of(group.endpoints, [&](std::size_t endpoint) {
    return std::ranges::any_of(known->endpoints, [&](std::size_t other) {
      return is_served(*previous.state(other)) &&
             same_options(config_.endpoints[endpoint], previous.config_.endpoints[other]);
    });
  });
}

std::shared_ptr<const EndpointState> Catalog::state(std::size_t endpoint) const {
  return models_->state(*seats_.at(endpoint));
}

std::vector<std::shared_ptr<const EndpointState>> Catalog::states() const {
  std::vector<std::shared_ptr<const EndpointState>> states;
  for (const auto& seat : seats_) states.push_back(models_->state(*seat));
  return states;
}

std::shared_ptr<const EndpointState> Catalog::use(std::size_t endpoint) const {
  return models_->use(group_of(endpoint).slot, *seats_[endpoint]);
}

std::optional<MemoryShortage> Catalog::shortage(std::size_t endpoint) const {
  return models_->shortage(*group_of(endpoint).slot);
}

const Catalog::Group& Catalog::group_of(std::size_t endpoint) const {
  return groups_[group_of_endpoint_.at(endpoint)];
}

std::optional<LoadProgress> Catalog::progress(std::size_t endpoint) const {
  if (state(endpoint)->kind != Kind::kLoading) return std::nullopt;
  const std::size_t group = group_of_endpoint_[endpoint];
  const std::lock_guard lock(mutex_);
  if (group >= next_group_) return LoadProgress{.position = group - next_group_ + 1};
  return LoadProgress{
      .time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun_[group])};
}

void Catalog::load(const std::stop_token& stop, Extent extent) {
  while (!stop.stop_requested()) {
    std::size_t group = 0;
    // Until its memory is reserved: endpoints get what there is in their order.
    std::unique_lock turn(turns_);
    {
      const std::lock_guard lock(mutex_);
      if (next_group_ == groups_.size()) return;
      group = next_group_++;
      begun_[group] = Clock::now();
    }
    load_group(group, extent == Extent::kEach ? Purpose::kEach : Purpose::kWhatFits, stop,
               std::move(turn));
    {
      const std::lock_guard lock(mutex_);
      --loading_;
    }
    changed_.notify_all();
  }
}

void Catalog::load_on_request(std::size_t endpoint, const std::stop_token& stop) {
  const std::size_t group = group_of_endpoint_.at(endpoint);
  {
    const std::lock_guard lock(mutex_);
    begun_[group] = Clock::now();
  }
  EndpointState loading;
  loading.on_request = true;
  set_all(groups_[group], loading);
  load_group(group, Purpose::kRequest, stop, {});
}

void Catalog::load_group(std::size_t index, Purpose purpose, const std::stop_token& stop,
                         std::unique_lock<std::mutex> turn) {
  const Group& group = groups_[index];
  // Before anything is read: a write meanwhile counts as a change. Without a limit nobody asks.
  FailedLoads::Failure failure;
  if (models_->limits().max_memory) failure.files = model_files(group.path);
  try {
    // Keeps the model in memory until its states are there.
    if (const auto pinned = bring_in(group, purpose, stop, std::move(turn)))
      return make_states(group);
    set_all(group, state_of_kind(Kind::kUnloaded));
  } catch (const DoesNotFit& error) {
    failure.retry = FailedLoads::Retry::kChanged;
    fail_all(group, error, failure);
  } catch (const std::exception& error) {
    fail_all(group, error, failure);
  }
}

std::shared_ptr<const void> Catalog::bring_in(const Group& group, Purpose purpose,
                                              const std::stop_token& stop,
                                              std::unique_lock<std::mutex> turn) {
  if (auto pinned = models_->pin(group.slot)) return pinned;
  if (group.needs_no_trial && purpose != Purpose::kRequest) return nullptr;
  auto room = reserve(group, purpose, stop);
  turn = {};
  if (const auto* shortage = std::get_if<MemoryShortage>(&room)) {
    if (shortage->is_final) throw DoesNotFit(group.path, *shortage);
    if (purpose == Purpose::kEach && !stop.stop_requested())
      throw std::runtime_error(group.path.string() + ": " + shortage_text(*shortage));
    log(LogLevel::kInfo, group.path.string() + " is not loaded: " + shortage_text(*shortage));
    return nullptr;
  }
  const auto begin = Clock::now();
  auto loaded =
      std::make_shared<LoadedModel>(read_model(backend_, group.path, group.identity.second));
  loaded->parts.model = models_->counted(std::move(loaded->parts.model));
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  log_loaded(group, *loaded, time, purpose);
  if (const auto shortage = models_->put(*group.slot, std::get<0>(std::move(room)), loaded))
    throw DoesNotFit(group.path, *shortage);
  return models_->pin(group.slot);
}

std::variant<ResidentModels::Reservation, MemoryShortage> Catalog::reserve(
    const Group& group, Purpose purpose, const std::stop_token& stop) {
  constexpr std::chrono::hours kAsLongAsItTakes{24};
  const ModelLimits& limits = models_->limits();
  std::size_t expected = 0;
  if (limits.max_memory && backend_.expected_memory)
    expected = backend_.expected_memory(group.path, {.hidden_layer = group.identity.second});
  const auto patience =
      purpose == Purpose::kRequest ? Clock::duration(limits.load_timeout) : kAsLongAsItTakes;
  const auto room =
      purpose == Purpose::kWhatFits ? ResidentModels::Room::kFree : ResidentModels::Room::kMake;
  return models_->reserve(*group.slot, expected, room, Clock::now() + patience, stop);
}

void Catalog::log_loaded(const Group& group, const LoadedModel& loaded,
                         std::chrono::milliseconds time, Purpose purpose) const {
  std::string text = "loaded " + group.path.string() + " in " + std::to_string(time.count()) +
                     " ms, " + megabytes(loaded.parts.model->memory_bytes);
  if (purpose == Purpose::kRequest)
    text += ", for a request";
  else
    text += " (" + std::to_string(&group - groups_.data() + 1) + " of " +
            std::to_string(groups_.size()) + ")";
  log(LogLevel::kInfo, text);
  for (const std::string& warning : loaded.parts.model->warnings) log(LogLevel::kWarning, warning);
}

void Catalog::make_states(const Group& group) {
  const auto loaded = models_->loaded(*group.slot);
  for (const std::size_t endpoint : group.endpoints) {
    if (stays_failed(endpoint, loaded.get())) continue;
    if (loaded == nullptr) {  // unloaded for another model meanwhile
      set(group, endpoint, state_of_kind(Kind::kUnloaded));
      continue;
    }
    try {
      set(group, endpoint, ready_state(config_.endpoints[endpoint], loaded));
    } catch (const std::exception& error) {
      fail(group, endpoint, error, {loaded->files, FailedLoads::Retry::kChanged});
    }
  }
}

EndpointState Catalog::ready_state(const EndpointConfig& endpoint,
                                   const std::shared_ptr<const LoadedModel>& loaded) const {
  EndpointState state;
  state.kind = Kind::kReady;
  state.name = endpoint.name;
  state.loaded = loaded;
  state.weight = endpoint.weight;
  state.ready = make_task(loaded->parts, endpoint.options);
  for (const std::string& warning : state.ready.warnings)
    log(LogLevel::kWarning, "endpoint '" + endpoint.name + "': " + warning);
  return state;
}

// Its options do not fit the model, and will not the next time.
bool Catalog::stays_failed(std::size_t endpoint, const LoadedModel* loaded) const {
  if (state(endpoint)->kind != Kind::kFailed) return false;
  const FailedLoads::Failure failure = failures_.failure(endpoint);
  return loaded == nullptr ||
         (failure.retry == FailedLoads::Retry::kChanged && failure.files == loaded->files);
}

void Catalog::fail(const Group& group, std::size_t endpoint, const std::exception& error,
                   FailedLoads::Failure failure) {
  log(LogLevel::kError,
      "endpoint '" + config_.endpoints[endpoint].name + "' cannot be served: " + error.what());
  EndpointState state;
  state.kind = Kind::kFailed;
  state.error = error.what();
  if (models_->limits().max_memory && failure.retry == FailedLoads::Retry::kAgain)
    state.retry_after = std::chrono::ceil<std::chrono::seconds>(models_->limits().retry_interval);
  failures_.add(endpoint, std::move(failure));
  set(group, endpoint, std::move(state));
}

void Catalog::fail_all(const Group& group, const std::exception& error,
                       const FailedLoads::Failure& failure) {
  for (const std::size_t endpoint : group.endpoints) fail(group, endpoint, error, failure);
}

bool Catalog::may_be_retried(std::size_t endpoint) const {
  return models_->limits().max_memory && failures_.may_look(endpoint);
}

bool Catalog::retry_is_due(std::size_t endpoint) {
  using Verdict = FailedLoads::Verdict;
  const Group& group = group_of(endpoint);
  const Verdict verdict = failures_.look(endpoint, model_files(group.path));
  if (verdict != Verdict::kFilesHaveChanged) return verdict == Verdict::kTimeHasPassed;
  if (std::ranges::any_of(group.endpoints,
                          [this](std::size_t i) { return state(i)->kind == Kind::kReady; }))
    return false;
  models_->forget(*group.slot);
  return true;
}

void Catalog::set(const Group& group, std::size_t endpoint, EndpointState state) {
  models_->set(*group.slot, seats_[endpoint], std::move(state));
}

// But for endpoints that have failed: they are no better until they are ready.
void Catalog::set_all(const Group& group, const EndpointState& state) {
  for (const std::size_t endpoint : group.endpoints)
    if (this->state(endpoint)->kind != Kind::kFailed) set(group, endpoint, state);
}

std::string Catalog::failure(std::span<const std::string> but) const {
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    const std::string& name = config_.endpoints[i].name;
    const auto known = state(i);
    if (known->kind == Kind::kFailed && std::ranges::find(but, name) == but.end())
      return "endpoint '" + name + "' cannot be served: " + known->error;
  }
  return {};
}

bool Catalog::wait_until_loaded(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return loading_ == 0; });
}

}  // namespace filigree::serve
