// The threads of several worker groups as one team, for one pass at a time. The leader of one of
// the groups leads it; the leaders of the others, idle until then, come to help() with the threads
// of their groups.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/barrier.h"
#include "runtime/joint_pass.h"
#include "runtime/team.h"
#include "runtime/worker_group.h"

namespace filigree::runtime {

class JointTeam final : public Team {
 public:
  // Of groups that outlive it.
  explicit JointTeam(std::vector<WorkerGroup*> groups);

  // On the leader of group pass.first: the team of the functions of Team is now that of `pass`.
  // Ranks are its threads first, then those of the groups after it, round. Requires that passes
  // come one after another: what begin(), parallel() and end() of one did is seen by the next.
  void begin(const JointPass& pass) noexcept;
  // Lets the other leaders go, and does not wait for them.
  void end() noexcept;

  // On the leader of `group`, another one of `pass`: computes with it until end(). May be called
  // before begin(), and also when the pass is over and later ones have begun.
  void help(std::size_t group, const JointPass& pass) noexcept;

  std::size_t size() const noexcept override { return size_; }
  void barrier() noexcept override { barrier_.arrive(ranks_); }

 private:
  void run(std::size_t ranks, Call* call, void* task) noexcept override;
  std::uint32_t first_word() const noexcept;

  // What the leader of a group waits for, and which ranks are its threads'. A cache line each.
  struct alignas(64) Seat {
    std::atomic<std::uint32_t> word{0};  // number of the pass times kStepsOfPass, and its step
    std::size_t first_rank = 0, ranks = 0;
  };
  Seat& seat(std::size_t index) noexcept;  // of the pass

  const std::vector<WorkerGroup*> groups_;
  std::vector<std::unique_ptr<Seat>> seats_;
  // Of the pass; written by its leader before it changes a word.
  JointPass pass_;
  std::size_t size_ = 0;
  Call* call_ = nullptr;
  void* task_ = nullptr;
  std::size_t ranks_ = 0;
  alignas(64) std::atomic<std::uint32_t> busy_groups_{0};
  Barrier barrier_;
};

}  // namespace filigree::runtime
