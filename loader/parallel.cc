#include "loader/parallel.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "loader/give_way.h"

namespace filigree::loader {
namespace {

class Indices {
 public:
  explicit Indices(std::size_t count) : count_(count) {}

  bool take(std::size_t& index) {
    const std::lock_guard lock(mutex_);
    if (next_ >= count_ || error_ != nullptr) return false;
    index = next_++;
    return true;
  }
  // All lower indices have begun, so that the lowest of those that fail is always the same.
  void fail(std::size_t index, std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (error_ != nullptr && failed_ < index) return;
    failed_ = index;
    error_ = std::move(error);
  }
  void rethrow() const {
    if (error_ != nullptr) std::rethrow_exception(error_);
  }

 private:
  std::size_t count_;
  std::mutex mutex_;
  std::size_t next_ = 0;
  std::size_t failed_ = 0;
  std::exception_ptr error_;
};

}  // namespace

void for_each_index(std::size_t count, std::size_t threads,
                    const std::function<void(std::size_t, std::size_t)>& work) {
  Indices indices(count);
  const auto run = [&](std::size_t worker) {
    for (std::size_t index = 0; indices.take(index);) {
      try {
        work(index, worker);
      } catch (...) {
        indices.fail(index, std::current_exception());
      }
    }
  };
  const std::function<void()>& wait = current_wait();
  {
    std::vector<std::jthread> others;
    try {
      for (std::size_t worker = 1; worker < std::min(threads, count); ++worker)
        others.emplace_back([&run, &wait, worker] {
          const GiveWayScope scope(wait);
          run(worker);
        });
    } catch (const std::system_error&) {
      // No more threads to be had: those that are here do the work.
    }
    run(0);
  }
  indices.rethrow();
}

}  // namespace filigree::loader
