// Making a tokenizer takes tens of milliseconds: what takes long in it counts its steps.
#pragma once

#include <cstddef>
#include <functional>

namespace filigree::tokenizer {

// Calls a function after every kSteps steps: tokens, or what takes about as long. That is less than
// a tenth of a millisecond.
class Pieces {
 public:
  static constexpr std::size_t kSteps = 128;

  // `between` outlives it; an empty one is none.
  explicit Pieces(const std::function<void()>& between) : between_(between) {}

  void add(std::size_t steps = 1) {
    done_ += steps;
    if (done_ < kSteps) return;
    done_ = 0;
    if (between_) between_();
  }

 private:
  const std::function<void()>& between_;
  std::size_t done_ = 0;
};

}  // namespace filigree::tokenizer
