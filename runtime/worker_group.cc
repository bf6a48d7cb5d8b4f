#include "runtime/worker_group.h"

#include <cassert>

#include "runtime/affinity.h"
#include "runtime/wait.h"

namespace filigree::runtime {

WorkerGroup::WorkerGroup(const Places& places) {
  assert(!places.empty());
  for (std::size_t i = 0; i + 1 < places.size(); ++i)
    helpers_.push_back(std::make_unique<Helper>());
  try {
    for (std::size_t i = 0; i < helpers_.size(); ++i) {
      Helper& helper = *helpers_[i];
      helper.thread = std::thread([this, &helper, rank = i + 1] { help(helper, rank); });
      bind_thread(helper.thread, places[i + 1], pin_failures_);
    }
  } catch (...) {
    stop();
    throw;
  }
}

WorkerGroup::~WorkerGroup() { stop(); }

void WorkerGroup::stop() noexcept {
  stopping_ = true;
  for (const auto& helper : helpers_) {
    helper->starts.fetch_add(1, std::memory_order_release);
    helper->starts.notify_one();
  }
  for (const auto& helper : helpers_)
    if (helper->thread.joinable()) helper->thread.join();
}

void WorkerGroup::run(std::size_t ranks, Call* call, void* task) noexcept {
  assert(ranks >= 1 && ranks <= size());
  call_ = call;
  task_ = task;
  ranks_ = ranks;
  busy_helpers_.store(static_cast<std::uint32_t>(ranks - 1), std::memory_order_relaxed);
  for (std::size_t i = 0; i + 1 < ranks; ++i) {
    helpers_[i]->starts.fetch_add(1, std::memory_order_release);
    helpers_[i]->starts.notify_one();
  }
  call(task, 0);
  for (std::uint32_t busy; (busy = busy_helpers_.load(std::memory_order_acquire)) != 0;)
    wait_until_changed(busy_helpers_, busy);
}

void WorkerGroup::help(Helper& helper, std::size_t rank) noexcept {
  for (std::uint32_t starts = 0;; ++starts) {
    wait_until_changed(helper.starts, starts);
    if (stopping_) return;
    call_(task_, rank);
    if (busy_helpers_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_helpers_.notify_one();
  }
}

}  // namespace filigree::runtime
