#include "runtime/batch.h"

#include <algorithm>
#include <cassert>

#include "kernels/panel.h"

namespace filigree::runtime {
namespace {

constexpr std::size_t kUsualUnits = kernels::kUsualPanelTokens / kTokenUnit;
constexpr std::size_t kMostUnits = kernels::kPanelTokens / kTokenUnit;

constexpr std::size_t divided_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// Where part i of n begins when `total` is divided as evenly as whole numbers allow, larger parts
// first.
constexpr std::size_t part_begin(std::size_t total, std::size_t n, std::size_t i) {
  return total / n * i + std::min(i, total % n);
}

// Panels that a rank cuts `units` into: as few as may be, since each reads all weights, but usual
// ones where all of them are full (384 tokens: 6 of 64 instead of 5 of up to 80).
constexpr std::size_t panels_of(std::size_t units) {
  return units % kUsualUnits == 0 ? units / kUsualUnits : divided_up(units, kMostUnits);
}

std::size_t tokens_of(std::span<const kernels::TokenSegment> segments) {
  std::size_t tokens = 0;
  for (const kernels::TokenSegment& segment : segments) tokens += segment.tokens;
  return tokens;
}

}  // namespace

std::size_t max_panels(std::size_t tokens, std::size_t ranks) noexcept {
  const std::size_t units_per_rank = divided_up(divided_up(tokens, kTokenUnit), ranks);
  return ranks * std::max(units_per_rank / kUsualUnits, divided_up(units_per_rank, kMostUnits));
}

void RaggedBatch::assign(std::span<const Sequence* const> sequences, std::size_t ranks) {
  assert(!sequences.empty() && ranks >= 1);
  word_ids_.clear();
  type_ids_.clear();
  positions_.clear();
  for (const Sequence* sequence : sequences) append_tokens(*sequence);
  cut_panels(ranks);
  cut_segments(sequences);
  cut_keys(sequences);
}

void RaggedBatch::append_tokens(const Sequence& sequence) {
  assert(!sequence.ids.empty());
  assert(sequence.type_ids.empty() || sequence.type_ids.size() == sequence.ids.size());
  assert(sequence.mask.empty() || sequence.mask.size() == sequence.ids.size());
  word_ids_.insert(word_ids_.end(), sequence.ids.begin(), sequence.ids.end());
  type_ids_.insert(type_ids_.end(), sequence.type_ids.begin(), sequence.type_ids.end());
  type_ids_.resize(word_ids_.size(), 0);
  for (std::size_t i = 0; i < sequence.ids.size(); ++i)
    positions_.push_back(static_cast<std::int32_t>(i));
}

void RaggedBatch::cut_panels(std::size_t ranks) {
  panels_.clear();
  first_panel_.clear();
  const std::size_t units = divided_up(tokens(), kTokenUnit);
  const std::size_t used = std::min(ranks, units);
  for (std::size_t rank = 0; rank < used; ++rank) {
    first_panel_.push_back(panels_.size());
    const std::size_t begin = part_begin(units, used, rank);
    const std::size_t own = part_begin(units, used, rank + 1) - begin;
    const std::size_t count = panels_of(own);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t first = kTokenUnit * (begin + part_begin(own, count, i));
      const std::size_t last = kTokenUnit * (begin + part_begin(own, count, i + 1));
      panels_.push_back({first, std::min(last, tokens()) - first, 0, 0});
    }
  }
  first_panel_.push_back(panels_.size());
}

void RaggedBatch::cut_segments(std::span<const Sequence* const> sequences) {
  parts_.clear();
  segments_.clear();
  first_segment_.assign(1, 0);
  std::size_t panel = 0;
  std::size_t token = 0;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const std::size_t end = token + sequences[i]->ids.size();
    while (token < end) {
      if (token == panels_[panel].first_token + panels_[panel].tokens) ++panel;
      Panel& home = panels_[panel];
      const std::size_t lane = token - home.first_token;
      const kernels::TokenSegment segment{panel, lane, std::min(end - token, home.tokens - lane)};
      if (home.parts++ == 0) home.first_part = parts_.size();
      parts_.push_back({i, segment});
      segments_.push_back(segment);
      token += segment.tokens;
    }
    first_segment_.push_back(segments_.size());
  }
}

void RaggedBatch::cut_keys(std::span<const Sequence* const> sequences) {
  keys_.clear();
  first_key_.assign(1, 0);
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const std::vector<std::uint8_t>& mask = sequences[i]->mask;
    if (std::ranges::find(mask, std::uint8_t{0}) != mask.end()) append_keys(segments(i), mask);
    first_key_.push_back(keys_.size());
  }
}

void RaggedBatch::append_keys(std::span<const kernels::TokenSegment> segments,
                              const std::vector<std::uint8_t>& mask) {
  auto token = mask.begin();
  for (const kernels::TokenSegment& segment : segments) {
    const auto end = token + static_cast<std::ptrdiff_t>(segment.tokens);
    const auto first = token;
    while ((token = std::find(token, end, 1)) != end) {
      const auto run_end = std::find(token, end, 0);
      keys_.push_back({segment.panel, segment.lane + static_cast<std::size_t>(token - first),
                       static_cast<std::size_t>(run_end - token)});
      token = run_end;
    }
  }
}

std::size_t RaggedBatch::length(std::size_t sequence) const noexcept {
  return tokens_of(segments(sequence));
}

std::span<const kernels::TokenSegment> RaggedBatch::keys(std::size_t sequence) const noexcept {
  const auto own = std::span(keys_).subspan(first_key_[sequence],
                                            first_key_[sequence + 1] - first_key_[sequence]);
  return own.empty() ? segments(sequence) : own;
}

std::size_t RaggedBatch::key_count(std::size_t sequence) const noexcept {
  return tokens_of(keys(sequence));
}

}  // namespace filigree::runtime
