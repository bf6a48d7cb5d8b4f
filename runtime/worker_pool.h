// The threads that compute: one pool for the process, divided into groups, and a leader thread for
// each that runs `leader`. A group works on one batch at a time, or on one with others.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/joint_team.h"
#include "runtime/worker_group.h"

namespace filigree::runtime {

class WorkerPool {
 public:
  // `all` is the same for all leaders.
  using Leader = std::function<void(std::size_t group_index, WorkerGroup& group, JointTeam& all)>;

  // Throws std::system_error when a thread cannot be started; none of those started then is left.
  WorkerPool(const std::vector<Places>& groups, const Leader& leader);
  // Joins the leaders: they must return soon, because their source of work says so.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // As WorkerGroup::pin_failures(), of all threads.
  const std::vector<std::string>& pin_failures() const noexcept { return pin_failures_; }

 private:
  enum Gate : std::uint32_t { kClosed, kOpen, kAbandoned };
  void open(Gate gate) noexcept;

  std::vector<std::unique_ptr<WorkerGroup>> groups_;
  std::unique_ptr<JointTeam> all_;
  std::vector<std::string> pin_failures_;
  std::atomic<std::uint32_t> gate_{kClosed};  // leaders start their work when all of them exist
  std::vector<std::thread> leaders_;
};

}  // namespace filigree::runtime
