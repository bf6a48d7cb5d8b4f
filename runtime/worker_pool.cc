#include "runtime/worker_pool.h"

#include "runtime/affinity.h"
#include "runtime/wait.h"

namespace filigree::runtime {

WorkerPool::WorkerPool(const std::vector<Places>& groups, const Leader& leader) {
  for (const Places& places : groups) groups_.push_back(std::make_unique<WorkerGroup>(places));
  for (const auto& group : groups_)
    pin_failures_.insert(pin_failures_.end(), group->pin_failures().begin(),
                         group->pin_failures().end());
  std::vector<WorkerGroup*> joined;
  for (const auto& group : groups_) joined.push_back(group.get());
  all_ = std::make_unique<JointTeam>(std::move(joined));
  leaders_.reserve(groups.size());
  try {
    for (std::size_t i = 0; i < groups.size(); ++i) {
      leaders_.emplace_back([this, i, leader] {
        wait_until_changed(gate_, kClosed);
        if (gate_.load(std::memory_order_acquire) == kOpen) leader(i, *groups_[i], *all_);
      });
      bind_thread(leaders_.back(), groups[i].front(), pin_failures_);
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
