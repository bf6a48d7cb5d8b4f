#include "tools/benchmark/streams.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace filigree::tools {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kWatchInterval(100);

class Run {
 public:
  Run(const StreamsPlan& plan, const std::function<void(std::size_t, std::size_t)>& work)
      : plan_(plan),
        work_(work),
        measured_from_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                          std::chrono::duration<double>(plan.warmup_seconds))),
        times_(plan.streams),
        running_(plan.streams) {
    threads_.reserve(plan.streams);
    try {
      for (std::size_t i = 0; i < plan.streams; ++i) threads_.emplace_back([this, i] { run(i); });
    } catch (...) {
      finish();
      throw;
    }
  }

  // Returns when all streams have ended.
  bool watch(const std::function<bool(double, std::size_t)>& watcher) {
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, kWatchInterval, [this] { return running_ == 0; })) {
      lock.unlock();
      const bool go_on = watcher(now(), iterations_.load());
      lock.lock();
      if (go_on) continue;
      stopped_ = true;
      break;
    }
    lock.unlock();
    const bool stopped = stopped_;
    join();
    return !stopped;
  }

  StreamTimes result() {
    if (failure_) std::rethrow_exception(failure_);
    return std::move(times_);
  }

  void finish() {
    stopped_ = true;
    join();
  }

 private:
  double now() const {
    return std::chrono::duration<double>(Clock::now() - measured_from_).count();
  }

  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  void run(std::size_t stream) {
    try {
      work_until_the_end(stream);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stopped_ = true;
    }
    const std::lock_guard lock(mutex_);
    --running_;
    ended_.notify_one();
  }

  void work_until_the_end(std::size_t stream) {
    // Its own vector: those of the streams lie side by side, and would share cache lines.
    std::vector<Iteration> times;
    for (std::size_t index = 0; !stopped_; ++index) {
      Iteration iteration{.index = index, .start = now()};
      if (iteration.start >= plan_.seconds && !times.empty()) break;
      work_(stream, index);
      iteration.end = now();
      if (iteration.start < 0) continue;
      times.push_back(iteration);
      iterations_.fetch_add(1, std::memory_order_relaxed);
    }
    times_[stream] = std::move(times);
  }

  const StreamsPlan plan_;
  const std::function<void(std::size_t, std::size_t)>& work_;
  const Clock::time_point measured_from_;
  StreamTimes times_;
  std::atomic<std::size_t> iterations_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable ended_;
  std::exception_ptr failure_;
  std::size_t running_;
  std::vector<std::thread> threads_;
};

}  // namespace

std::optional<StreamTimes> run_streams(
    const StreamsPlan& plan, const std::function<void(std::size_t, std::size_t)>& work,
    const std::function<bool(double elapsed, std::size_t iterations)>& watch) {
  Run run(plan, work);
  bool complete = false;
  try {
    complete = run.watch(watch);
  } catch (...) {
    run.finish();
    throw;
  }
  StreamTimes times = run.result();
  if (!complete) return std::nullopt;
  return times;
}

}  // namespace filigree::tools
