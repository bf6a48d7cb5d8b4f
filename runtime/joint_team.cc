#include "runtime/joint_team.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "runtime/wait.h"

namespace filigree::runtime {
namespace {

// Of a pass: 0 nothing yet, then one for each call of parallel() that needs the group, kEnded.
constexpr std::uint32_t kStepsOfPass = 256;
constexpr std::uint32_t kEnded = kStepsOfPass - 1;

}  // namespace

JointTeam::JointTeam(std::vector<WorkerGroup*> groups) : groups_(std::move(groups)) {
  for (std::size_t i = 0; i < groups_.size(); ++i) seats_.push_back(std::make_unique<Seat>());
}

JointTeam::Seat& JointTeam::seat(std::size_t index) noexcept {
  return *seats_[(pass_.first + index) % seats_.size()];
}

// Passes begin again at the same words after 2^24 of them.
std::uint32_t JointTeam::first_word() const noexcept { return pass_.number * kStepsOfPass; }

void JointTeam::begin(const JointPass& pass) noexcept {
  assert(pass.first < groups_.size() && pass.streams >= 1 && pass.streams <= groups_.size());
  pass_ = pass;
  size_ = 0;
  for (std::size_t i = 0; i < pass.streams; ++i)
    size_ += groups_[(pass.first + i) % groups_.size()]->size();
  // Those that have no part in it as well, so that no word is ever far behind.
  for (const auto& seat : seats_) seat->word.store(first_word(), std::memory_order_release);
}

void JointTeam::run(std::size_t ranks, Call* call, void* task) noexcept {
  assert(ranks >= 1 && ranks <= size());
  WorkerGroup& own = *groups_[pass_.first];
  const std::size_t own_ranks = std::min(ranks, own.size());
  call_ = call;
  task_ = task;
  ranks_ = ranks;
  std::size_t with_work = 1;
  for (std::size_t given = own_ranks; given < ranks; ++with_work) {
    Seat& next = seat(with_work);
    const WorkerGroup& group = *groups_[(pass_.first + with_work) % groups_.size()];
    next.first_rank = given;
    next.ranks = std::min(ranks - given, group.size());
    given += next.ranks;
  }
  busy_groups_.store(static_cast<std::uint32_t>(with_work - 1), std::memory_order_relaxed);
  for (std::size_t i = 1; i < with_work; ++i) {
    std::atomic<std::uint32_t>& word = seat(i).word;
    [[maybe_unused]] const std::uint32_t step = word.fetch_add(1, std::memory_order_release);
    assert(step - first_word() + 1 < kEnded);
    word.notify_one();
  }
  own.parallel(own_ranks, [call, task](std::size_t rank) { call(task, rank); });
  for (std::uint32_t busy; (busy = busy_groups_.load(std::memory_order_acquire)) != 0;)
    wait_until_changed(busy_groups_, busy);
}

void JointTeam::end() noexcept {
  for (std::size_t i = 1; i < pass_.streams; ++i) {
    seat(i).word.store(first_word() + kEnded, std::memory_order_release);
    seat(i).word.notify_one();
  }
}

void JointTeam::help(std::size_t group, const JointPass& pass) noexcept {
  Seat& own = *seats_[group];
  for (std::int32_t done = 0;;) {
    const std::uint32_t word = own.word.load(std::memory_order_acquire);
    // Below 0: of an earlier pass. Beyond kEnded: of a later one.
    const auto step = static_cast<std::int32_t>(word - pass.number * kStepsOfPass);
    if (step >= static_cast<std::int32_t>(kEnded)) return;
    if (step <= done) {
      wait_until_changed(own.word, word);
      continue;
    }
    done = step;
    groups_[group]->parallel(
        own.ranks, [this, &own](std::size_t rank) { call_(task_, own.first_rank + rank); });
    if (busy_groups_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_groups_.notify_one();
  }
}

}  // namespace filigree::runtime
