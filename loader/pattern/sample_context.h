// The samples on which recognition proves what it cannot read off a graph: shapes that are
// computed, masks, positions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "loader/pattern/sample_run.h"

namespace filigree::loader {

struct Sample {
  std::int64_t batch;
  std::int64_t tokens;
  SampleRun run;
};

// Sizes that no dimension of a model has in common with another: what holds for all of them holds
// for every size.
inline constexpr std::int64_t kLongestSample = 7;

// A tensor of the input's type, every element `value`. Throws Mismatch unless that type is integer,
// bool or float.
Tensor filled_input(const ValueInfo& input, const Dims& dims, int value);

class SampleContext {
 public:
  // `zero_inputs` (token ids) are all 0, other inputs (masks) all 1.
  // Throws Mismatch when a graph input is not [batch, tokens] with both free and of an integer,
  // bool or float type.
  SampleContext(const GraphIndex& index, std::set<std::string> zero_inputs);

  const GraphIndex& index() const noexcept { return *index_; }
  const std::set<std::string>& zero_inputs() const noexcept { return zero_inputs_; }
  std::span<Sample> samples() noexcept { return samples_; }

  // A batch of three in which `mask_input` is is_kept(sequence, token): all ones, ones and then
  // zeros, zeros between ones.
  Sample& masked(const std::string& mask_input);
  static constexpr bool is_kept(std::int64_t sequence, std::int64_t token) noexcept {
    return sequence == 0 || (sequence == 1 ? token < 2 : token != 0 && token != 3);
  }

  // One more sample, of one sequence.
  Sample sample_of_length(std::int64_t tokens) const;

  // The factor when `value` is one number that depends neither on inputs nor on their shape.
  std::optional<double> scalar(const std::string& value);

 private:
  Values inputs(std::int64_t batch, std::int64_t tokens) const;

  const GraphIndex* index_;
  std::set<std::string> zero_inputs_;
  std::vector<Sample> samples_;
  std::map<std::string, std::unique_ptr<Sample>> masked_;
};

}  // namespace filigree::loader
