#include "runtime/worker_pool.h"

#include <cassert>
#include <optional>

#include "runtime/affinity.h"
#include "runtime/wait.h"

namespace filigree::runtime {
namespace {

void bind(std::thread& thread, const CpuList& place, std::vector<std::string>& failures) {
  if (place.empty()) return;
  if (auto failure = pin_thread(thread, place)) failures.push_back(std::move(*failure));
}

}  // namespace

WorkerGroup::WorkerGroup(const Places& places) {
  assert(!places.empty());
  for (std::size_t i = 0; i + 1 < places.size(); ++i)
    helpers_.push_back(std::make_unique<Helper>());
  try {
    for (std::size_t i = 0; i < helpers_.size(); ++i) {
      Helper& helper = *helpers_[i];
      helper.thread = std::thread([this, &helper, rank = i + 1] { help(helper, rank); });
      bind(helper.thread, places[i + 1], pin_failures_);
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

void WorkerGroup::barrier() noexcept {
  const std::uint32_t before = barriers_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == ranks_) {
    arrived_.store(0, std::memory_order_relaxed);
    barriers_.fetch_add(1, std::memory_order_release);
    barriers_.notify_all();
  } else {
    wait_until_changed(barriers_, before);
  }
}

WorkerPool::WorkerPool(const std::vector<Places>& groups, const Leader& leader) {
  for (const Places& places : groups) groups_.push_back(std::make_unique<WorkerGroup>(places));
  for (const auto& group : groups_)
    pin_failures_.insert(pin_failures_.end(), group->pin_failures().begin(),
                         group->pin_failures().end());
  leaders_.reserve(groups.size());
  try {
    for (std::size_t i = 0; i < groups.size(); ++i) {
      leaders_.emplace_back([this, i, leader] {
        wait_until_changed(gate_, kClosed);
        if (gate_.load(std::memory_order_acquire) == kOpen) leader(i, *groups_[i]);
      });
      bind(leaders_.back(), groups[i].front(), pin_failures_);
    }
  } catch (...) {
    open(kAbandoned);
    for (std::thread& thread : leaders_) thread.join();
    throw;
  }
  open(kOpen);
}

WorkerPool::~WorkerPool() {
  for (std::thread& leader : leaders_) leader.join();
}

void WorkerPool::open(Gate gate) noexcept {
  gate_.store(gate, std::memory_order_release);
  gate_.notify_all();
}

}  // namespace filigree::runtime
