#include "serve/http/resident_models.h"

#include <algorithm>

#include "serve/http/model_bytes.h"
#include "serve/log.h"

namespace filigree::serve {

namespace {

std::shared_ptr<const EndpointState> unloaded_state() {
  EndpointState state;
  state.kind = EndpointState::Kind::kUnloaded;
  return std::make_shared<const EndpointState>(std::move(state));
}

}  // namespace

class ResidentModels::Slot {
 public:
  explicit Slot(std::string model) : name(std::move(model)) {}

  const std::string name;
  std::shared_ptr<const LoadedModel> loaded;
  std::vector<std::weak_ptr<Seat>> seats;  // with a state that has `loaded`
  std::size_t users = 0;
  std::uint64_t last_use = 0;
  std::size_t expected = 0;  // bytes, until it has been in memory
  bool is_reserved = false;  // there is a Reservation for it
  // Of the last time it was.
  std::string files;
  std::size_t bytes = 0;
  std::vector<std::pair<std::weak_ptr<const loader::SharedBlock>, std::size_t>> blocks;
};

// One request in flight, or one thread that makes states.
class ResidentModels::Lease {
 public:
  Lease(std::shared_ptr<ResidentModels> models, std::shared_ptr<Slot> slot,
        std::shared_ptr<const void> kept)
      : models_(std::move(models)), slot_(std::move(slot)), kept_(std::move(kept)) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    kept_.reset();
    models_->release(*slot_);
  }

 private:
  std::shared_ptr<ResidentModels> models_;
  std::shared_ptr<Slot> slot_;
  std::shared_ptr<const void> kept_;
};

// Destructors of models take time, as does the log.
struct ResidentModels::Outgoing {
  Outgoing() = default;
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;
  ~Outgoing() {
    for (const std::string& line : lines) log(LogLevel::kInfo, line);
  }

  std::vector<std::shared_ptr<const void>> kept;
  std::vector<std::string> lines;
};

ResidentModels::Reservation::~Reservation() {
  if (models_ == nullptr) return;
  const auto models = models_;
  {
    const std::lock_guard lock(models->mutex_);
    models->end(*this);
  }
  models->signal_->notify();
}

void ResidentModels::end(Reservation& reservation) {
  if (reservation.models_ == nullptr) return;
  reserved_ -= reservation.bytes_;
  reservation.slot_->is_reserved = false;
  reservation.models_ = nullptr;
}

std::string shortage_text(const MemoryShortage& shortage) {
  return "it needs " + std::to_string(shortage.needed) + " bytes of memory, " +
         std::to_string(shortage.used) + " are used and max_memory is " +
         std::to_string(shortage.limit);
}

ResidentModels::ResidentModels(ModelLimits limits) : limits_(limits) {}

ResidentModels::~ResidentModels() = default;

std::shared_ptr<ResidentModels::Slot> ResidentModels::make_slot(std::string name) {
  auto slot = std::make_shared<Slot>(std::move(name));
  const std::lock_guard lock(mutex_);
  std::erase_if(slots_, [](const auto& known) { return known.expired(); });
  slots_.push_back(slot);
  return slot;
}

std::shared_ptr<const LoadedModel> ResidentModels::loaded(const Slot& slot) const {
  const std::lock_guard lock(mutex_);
  return slot.loaded;
}

std::string ResidentModels::last_files(const Slot& slot) const {
  const std::lock_guard lock(mutex_);
  return slot.files;
}

std::shared_ptr<const EndpointState> ResidentModels::state(const Seat& seat) const {
  const std::lock_guard lock(mutex_);
  return seat.state;
}

void ResidentModels::set(Slot& slot, const std::shared_ptr<Seat>& seat, EndpointState state) {
  std::shared_ptr<const EndpointState> before;
  {
    const std::lock_guard lock(mutex_);
    const bool is_ready = state.kind == EndpointState::Kind::kReady;
    const bool is_gone = is_ready && state.loaded != slot.loaded;
    before = std::exchange(
        seat->state, is_gone ? unloaded_state() : std::make_shared<const EndpointState>(state));
    std::erase_if(slot.seats, [](const auto& known) { return known.expired(); });
    if (is_ready && !is_gone) slot.seats.push_back(seat);
  }
  signal_->notify();
}

std::shared_ptr<const EndpointState> ResidentModels::use(const std::shared_ptr<Slot>& slot,
                                                         const Seat& seat) {
  const std::lock_guard lock(mutex_);
  if (!limits_.max_memory || seat.state->kind != EndpointState::Kind::kReady) return seat.state;
  auto lease = std::make_shared<Lease>(shared_from_this(), slot, seat.state);
  ++slot->users;
  slot->last_use = ++uses_;
  return {std::move(lease), seat.state.get()};
}

std::shared_ptr<const void> ResidentModels::pin(const std::shared_ptr<Slot>& slot) {
  const std::lock_guard lock(mutex_);
  if (slot->loaded == nullptr) return nullptr;
  auto lease = std::make_shared<Lease>(shared_from_this(), slot, slot->loaded);
  ++slot->users;
  slot->last_use = ++uses_;
  return lease;
}

// Tells nobody: whoever waits for memory waits for the model itself to go.
void ResidentModels::release(Slot& slot) {
  const std::lock_guard lock(mutex_);
  --slot.users;
}

std::variant<ResidentModels::Reservation, MemoryShortage> ResidentModels::reserve(
    Slot& slot, std::size_t expected, Room room, Clock::time_point until,
    const std::stop_token& stop) {
  if (!limits_.max_memory) return Reservation(nullptr, &slot, 0);
  const std::size_t limit = *limits_.max_memory;
  for (;;) {
    const std::uint64_t version = signal_->version();
    MemoryShortage shortage{.limit = limit};
    {
      Outgoing outgoing;
      const std::lock_guard lock(mutex_);
      slot.expected = expected;
      shortage.needed = need_of(slot);
      shortage.used = live_bytes() + reserved_;
      shortage.is_final = slot.bytes > limit;
      if (shortage.is_final) return shortage;
      // What is only expected may be wrong; whether it fits alone shows when it is there.
      const std::size_t need = std::min(shortage.needed, limit);
      if (shortage.used + need <= limit) {
        reserved_ += need;
        slot.is_reserved = true;
        return Reservation(shared_from_this(), &slot, need);
      }
      if (room == Room::kFree && reserved_ == 0) return shortage;
      if (room == Room::kMake && staying_bytes() + reserved_ + need > limit &&
          unload_one(nullptr, outgoing))
        continue;
    }
    if (Clock::now() >= until || stop.stop_requested()) return shortage;
    signal_->wait(version, until, stop);
  }
}

std::shared_ptr<const loader::Model> ResidentModels::counted(
    std::shared_ptr<const loader::Model> model) {
  const loader::Model* at = model.get();
  return {at, [model = std::move(model), signal = signal_](const loader::Model*) mutable {
            model.reset();
            signal->notify();
          }};
}

std::optional<MemoryShortage> ResidentModels::put(Slot& slot, Reservation reservation,
                                                  std::shared_ptr<const LoadedModel> loaded) {
  std::optional<MemoryShortage> shortage;
  {
    Outgoing outgoing;
    const std::lock_guard lock(mutex_);
    const std::shared_ptr<const loader::Model>& model = loaded->parts.model;
    slot.files = loaded->files;
    slot.bytes = model->memory_bytes;
    slot.blocks.clear();
    for (const auto& block : model->blocks)
      slot.blocks.emplace_back(block, block->tensor.bytes().size());
    end(reservation);
    if (limits_.max_memory && slot.bytes > *limits_.max_memory) {
      shortage = {slot.bytes, live_bytes() + reserved_, *limits_.max_memory, true};
      outgoing.kept.push_back(std::move(loaded));
    } else {
      std::erase_if(live_, [](const auto& known) { return known.expired(); });
      live_.emplace_back(model);
      slot.loaded = std::move(loaded);
      slot.last_use = ++uses_;
      while (limits_.max_memory && staying_bytes() + reserved_ > *limits_.max_memory &&
             unload_one(&slot, outgoing)) {
      }
    }
  }
  signal_->notify();
  return shortage;
}

void ResidentModels::forget(Slot& slot) {
  {
    Outgoing outgoing;
    const std::lock_guard lock(mutex_);
    if (slot.is_reserved) return;
    let_go(slot, outgoing);
    slot.files.clear();
    slot.bytes = 0;
    slot.blocks.clear();
  }
  signal_->notify();
}

std::size_t ResidentModels::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return live_bytes();
}

std::size_t ResidentModels::unloads() const {
  const std::lock_guard lock(mutex_);
  return unloads_;
}

std::optional<MemoryShortage> ResidentModels::shortage(const Slot& slot) const {
  const std::lock_guard lock(mutex_);
  if (!limits_.max_memory || slot.loaded != nullptr || slot.is_reserved) return std::nullopt;
  const MemoryShortage shortage{need_of(slot), live_bytes() + reserved_, *limits_.max_memory,
                                slot.bytes > *limits_.max_memory};
  if (shortage.used + shortage.needed <= shortage.limit) return std::nullopt;
  return shortage;
}

// What a model takes beyond what others have in memory.
std::size_t ResidentModels::need_of(const Slot& slot) const {
  if (slot.bytes == 0) return slot.expected;
  std::size_t bytes = slot.bytes;
  for (const auto& [block, size] : slot.blocks)
    if (!block.expired()) bytes -= size;
  return bytes;
}

std::size_t ResidentModels::live_bytes() const {
  std::vector<std::shared_ptr<const loader::Model>> models;
  for (const auto& known : live_)
    if (auto model = known.lock()) models.push_back(std::move(model));
  return total_bytes(models);
}

std::size_t ResidentModels::staying_bytes() const {
  std::vector<std::shared_ptr<const loader::Model>> models;
  for (const auto& known : slots_)
    if (const auto slot = known.lock(); slot != nullptr && slot->loaded != nullptr)
      models.push_back(slot->loaded->parts.model);
  return total_bytes(models);
}

bool ResidentModels::unload_one(const Slot* but, Outgoing& outgoing) {
  std::shared_ptr<Slot> chosen;
  for (const auto& known : slots_) {
    auto slot = known.lock();
    if (slot == nullptr || slot.get() == but || slot->loaded == nullptr) continue;
    const auto order = [](const Slot& s) { return std::pair(s.users > 0, s.last_use); };
    if (chosen == nullptr || order(*slot) < order(*chosen)) chosen = std::move(slot);
  }
  if (chosen == nullptr) return false;
  unload(*chosen, outgoing);
  return true;
}

void ResidentModels::unload(Slot& slot, Outgoing& outgoing) {
  let_go(slot, outgoing);
  outgoing.lines.push_back("unloaded " + slot.name + " to make room" +
                           (slot.users > 0 ? ", once its requests are answered" : ""));
  ++unloads_;
}

void ResidentModels::let_go(Slot& slot, Outgoing& outgoing) {
  for (const auto& known : slot.seats)
    if (const auto seat = known.lock())
      outgoing.kept.push_back(std::exchange(seat->state, unloaded_state()));
  slot.seats.clear();
  outgoing.kept.push_back(std::exchange(slot.loaded, nullptr));
}

}  // namespace filigree::serve
