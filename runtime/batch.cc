#include "runtime/batch.h"

#include <algorithm>
#include <cassert>

#include "kernels/panel.h"

namespace filigree::runtime {
namespace {

using kernels::kPanelTokens;

// Kernels compute whole vector registers of lanes; AVX2 has 8.
constexpr std::size_t kUnit = 8;
constexpr std::size_t kUnitsPerPanel = kPanelTokens / kUnit;

constexpr std::size_t divided_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// Where part i of n begins when `total` is divided as evenly as whole numbers allow, larger parts
// first.
constexpr std::size_t part_begin(std::size_t total, std::size_t n, std::size_t i) {
  return total / n * i + std::min(i, total % n);
}

}  // namespace

std::size_t max_panels(std::size_t tokens, std::size_t ranks) noexcept {
  const std::size_t units_per_rank = divided_up(divided_up(tokens, kUnit), ranks);
  return ranks * divided_up(units_per_rank, kUnitsPerPanel);
}

void RaggedBatch::assign(std::span<const Sequence* const> sequences, std::size_t ranks) {
  assert(!sequences.empty() && ranks >= 1);
  word_ids_.clear();
  type_ids_.clear();
  positions_.clear();
  for (const Sequence* sequence : sequences) append_tokens(*sequence);
  cut_panels(ranks);
  cut_segments(sequences);
}

void RaggedBatch::append_tokens(const Sequence& sequence) {
  assert(!sequence.ids.empty());
  assert(sequence.type_ids.empty() || sequence.type_ids.size() == sequence.ids.size());
  word_ids_.insert(word_ids_.end(), sequence.ids.begin(), sequence.ids.end());
  type_ids_.insert(type_ids_.end(), sequence.type_ids.begin(), sequence.type_ids.end());
  type_ids_.resize(word_ids_.size(), 0);
  for (std::size_t i = 0; i < sequence.ids.size(); ++i)
    positions_.push_back(static_cast<std::int32_t>(i));
}

void RaggedBatch::cut_panels(std::size_t ranks) {
  panels_.clear();
  first_panel_.clear();
  const std::size_t units = divided_up(tokens(), kUnit);
  const std::size_t used = std::min(ranks, units);
  for (std::size_t rank = 0; rank < used; ++rank) {
    first_panel_.push_back(panels_.size());
    const std::size_t begin = part_begin(units, used, rank);
    const std::size_t own = part_begin(units, used, rank + 1) - begin;
    const std::size_t count = divided_up(own, kUnitsPerPanel);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t first = kUnit * (begin + part_begin(own, count, i));
      const std::size_t last = kUnit * (begin + part_begin(own, count, i + 1));
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

std::size_t RaggedBatch::length(std::size_t sequence) const noexcept {
  std::size_t tokens = 0;
  for (const kernels::TokenSegment& segment : segments(sequence)) tokens += segment.tokens;
  return tokens;
}

}  // namespace filigree::runtime
