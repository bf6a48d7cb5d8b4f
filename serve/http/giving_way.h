// How threads that load models share the processors with those that compute answers.
#pragma once

#include <chrono>
#include <functional>

namespace filigree::serve {

// Of one thread: while others are busy it works for a moment and then rests for some times as long:
// until they are idle, but not for ever. The scheduler of the system would give it the same share
// in pieces that are longer than an answer takes.
class LoadShare {
 public:
  using Duration = std::chrono::nanoseconds;

  // What it computes at a time, at least. Shorter turns cost more switches of threads, longer ones
  // are felt by the answer that they fall into.
  static constexpr Duration kTurn = std::chrono::microseconds(150);
  // Of the length of a turn. Idle times before kLeastRest are left to the others, and after
  // kMostRest it goes on while they compute: however busy they are, a load takes about
  // 1 + kMostRest times as long as alone.
  static constexpr int kLeastRest = 4;
  static constexpr int kMostRest = 16;
  // Should a piece of work have been long: a new page of 2 MB may take 5 ms in a virtual machine.
  static constexpr Duration kLongestRest = std::chrono::milliseconds(100);
  // A rest that lasted longer than it should have is made up for by shorter ones, up to this.
  static constexpr Duration kMostCredit = std::chrono::milliseconds(4);

  struct Rest {
    Duration least{0};
    Duration most{0};  // 0: the turn goes on
  };
  // After the thread has computed for `used` more.
  Rest after(Duration used, bool others_are_busy);
  // After a rest that lasted for `took`.
  void rested(Rest rest, Duration took);

 private:
  Duration used_{0};    // of the turn
  Duration credit_{0};  // of rests that were too long
};

// What is asked about those that compute answers. Must not take locks, for which they would wait.
struct Answering {
  std::function<bool()> busy;
  // Returns at an idle time, or after `longest`, or sooner.
  std::function<void(std::chrono::nanoseconds longest)> wait_for_idle;
};

// What loader::GiveWayScope calls: each thread has a LoadShare. Thread-safe.
std::function<void()> giving_way(Answering answering);

}  // namespace filigree::serve
