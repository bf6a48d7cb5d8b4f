#include "loader/cache_writer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <exception>
#include <utility>

#include "loader/give_way.h"

namespace filigree::loader {

CacheWriter::CacheWriter(std::function<void(const std::string&)> warn,
                         std::function<void()> give_way)
    : warn_(std::move(warn)),
      give_way_(std::move(give_way)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

CacheWriter::~CacheWriter() = default;

void CacheWriter::add(std::function<void()> store) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(store));
  }
  changed_.notify_all();
}

void CacheWriter::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.empty() && !busy_; });
}

void CacheWriter::run(const std::stop_token& stop) {
  // On Linux of this thread only: requests come first.
  constexpr int kLowPriority = 10;
  ::setpriority(PRIO_PROCESS, static_cast<::id_t>(::gettid()), kLowPriority);
  const GiveWayScope scope(give_way_);
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return !waiting_.empty(); }) && !stop.stop_requested()) {
    std::function<void()> store = std::move(waiting_.front());
    waiting_.pop_front();
    busy_ = true;
    lock.unlock();
    try {
      store();
    } catch (const std::exception& error) {
      warn_(error.what());
    }
    store = nullptr;  // what it holds may be a model
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace filigree::loader
