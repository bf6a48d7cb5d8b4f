// A ragged batch: sequences one after another on the token axis, no padding between them. The axis
// is cut into panels of 1..kPanelTokens tokens, and each rank of a worker group owns consecutive
// panels. A sequence lies in one or more panels, a panel holds parts of one or more sequences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/attention.h"
#include "runtime/sequence.h"

namespace filigree::runtime {

// Tokens that stay together when a batch is divided over ranks: the lanes of a vector register, of
// which kernels compute whole ones (AVX2 has 8).
inline constexpr std::size_t kTokenUnit = 8;

struct Panel {
  std::size_t first_token;  // on the token axis of the batch
  std::size_t tokens;       // 1..kPanelTokens
  std::size_t first_part;   // of RaggedBatch::parts()
  std::size_t parts;
};

// The tokens of one sequence in one panel.
struct Part {
  std::size_t sequence;
  kernels::TokenSegment segment;
};

// The most panels that a batch of `tokens` tokens on `ranks` ranks is cut into.
std::size_t max_panels(std::size_t tokens, std::size_t ranks) noexcept;

// Used again for batch after batch: assign() allocates only when a batch is larger than all before
// it.
class RaggedBatch {
 public:
  // Tokens are divided over the ranks in units as evenly as that allows, and those of a rank evenly
  // over its panels. Fewer ranks are used when there are fewer units. Requires ranks >= 1, at least
  // one sequence, and no empty one.
  void assign(std::span<const Sequence* const> sequences, std::size_t ranks);

  std::size_t tokens() const noexcept { return word_ids_.size(); }
  std::size_t sequences() const noexcept { return first_segment_.size() - 1; }
  std::size_t length(std::size_t sequence) const noexcept;

  std::size_t ranks() const noexcept { return first_panel_.size() - 1; }
  std::span<const Panel> panels() const noexcept { return panels_; }
  std::size_t first_panel(std::size_t rank) const noexcept { return first_panel_[rank]; }
  std::size_t last_panel(std::size_t rank) const noexcept { return first_panel_[rank + 1]; }

  std::span<const Part> parts(const Panel& panel) const noexcept {
    return std::span(parts_).subspan(panel.first_part, panel.parts);
  }
  // Where a sequence lies, in the order of its tokens.
  std::span<const kernels::TokenSegment> segments(std::size_t sequence) const noexcept {
    return std::span(segments_).subspan(first_segment_[sequence],
                                        first_segment_[sequence + 1] - first_segment_[sequence]);
  }

  // Its tokens that are attended to, and how many: all, but for its mask.
  std::span<const kernels::TokenSegment> keys(std::size_t sequence) const noexcept;
  std::size_t key_count(std::size_t sequence) const noexcept;

  // Of every token on the axis: its id, its type, and its position in its sequence.
  std::span<const std::int32_t> word_ids() const noexcept { return word_ids_; }
  std::span<const std::int32_t> type_ids() const noexcept { return type_ids_; }
  std::span<const std::int32_t> positions() const noexcept { return positions_; }

 private:
  void append_tokens(const Sequence& sequence);
  void cut_panels(std::size_t ranks);
  void cut_segments(std::span<const Sequence* const> sequences);
  void cut_keys(std::span<const Sequence* const> sequences);
  void append_keys(std::span<const kernels::TokenSegment> segments,
                   const std::vector<std::uint8_t>& mask);

  std::vector<std::int32_t> word_ids_, type_ids_, positions_;
  std::vector<Panel> panels_;
  std::vector<std::size_t> first_panel_;          // [ranks + 1]
  std::vector<Part> parts_;                       // in token order
  std::vector<kernels::TokenSegment> segments_;   // of parts_, for kernels
  std::vector<std::size_t> first_segment_ = {0};  // [sequences + 1]
  std::vector<kernels::TokenSegment> keys_;       // of sequences whose mask has zeros
  std::vector<std::size_t> first_key_ = {0};      // [sequences + 1]
};

}  // namespace filigree::runtime
