#include "runtime/batch.h"

#include <gtest/gtest.h>

#include <random>

#include "kernels/panel.h"
#include "tests/runtime/sequence_pointers.h"

namespace filigree::runtime {
namespace {

using kernels::kPanelTokens;

std::vector<Sequence> sequences_of(const std::vector<std::size_t>& lengths) {
  std::vector<Sequence> sequences;
  std::int32_t id = 0;
  for (const std::size_t length : lengths) {
    Sequence sequence;
    for (std::size_t i = 0; i < length; ++i) sequence.ids.push_back(id++);
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

std::vector<std::size_t> panel_tokens(std::size_t tokens, std::size_t ranks) {
  const std::vector<Sequence> sequences = sequences_of({tokens});
  RaggedBatch batch;
  batch.assign(pointers(sequences), ranks);
  std::vector<std::size_t> sizes;
  for (const Panel& panel : batch.panels()) sizes.push_back(panel.tokens);
  return sizes;
}

using Sizes = std::vector<std::size_t>;

TEST(RaggedBatch, BalancesPanelsOverRanks) {
  EXPECT_EQ(panel_tokens(128, 2), (Sizes{64, 64}));
  EXPECT_EQ(panel_tokens(128, 1), (Sizes{64, 64}));
  EXPECT_EQ(panel_tokens(100, 2), (Sizes{56, 44}));  // 7 and 6 vectors of 8 lanes
  EXPECT_EQ(panel_tokens(96, 2), (Sizes{48, 48}));
  EXPECT_EQ(panel_tokens(200, 2), (Sizes{56, 48, 48, 48}));
  EXPECT_EQ(panel_tokens(64, 4), (Sizes{16, 16, 16, 16}));
}

TEST(RaggedBatch, WidensPanelsWhereThatSavesOne) {
  EXPECT_EQ(panel_tokens(65, 1), Sizes{65});
  EXPECT_EQ(panel_tokens(80, 1), Sizes{80});
  EXPECT_EQ(panel_tokens(81, 1), (Sizes{48, 33}));
  EXPECT_EQ(panel_tokens(129, 1), (Sizes{72, 57}));
  EXPECT_EQ(panel_tokens(160, 2), (Sizes{80, 80}));
  EXPECT_EQ(panel_tokens(320, 1), (Sizes{64, 64, 64, 64, 64}));
  EXPECT_EQ(panel_tokens(321, 1), (Sizes{72, 64, 64, 64, 57}));
}

TEST(RaggedBatch, UsesFewerRanksForFewTokens) {
  EXPECT_EQ(panel_tokens(1, 4), Sizes{1});
  EXPECT_EQ(panel_tokens(8, 4), Sizes{8});
  EXPECT_EQ(panel_tokens(9, 4), (Sizes{8, 1}));
}

void expect_consistent(const RaggedBatch& batch, const std::vector<Sequence>& sequences,
                       std::size_t ranks) {
  // Panels cover the token axis in order, and ranks the panels.
  std::size_t token = 0;
  std::vector<std::size_t> rank_units(batch.ranks(), 0);
  ASSERT_LE(batch.ranks(), ranks);
  ASSERT_EQ(batch.first_panel(0), 0u);
  for (std::size_t rank = 0; rank < batch.ranks(); ++rank) {
    ASSERT_LT(batch.first_panel(rank), batch.last_panel(rank));
    for (std::size_t i = batch.first_panel(rank); i < batch.last_panel(rank); ++i) {
      const Panel& panel = batch.panels()[i];
      ASSERT_EQ(panel.first_token, token);
      ASSERT_GE(panel.tokens, 1u);
      ASSERT_LE(panel.tokens, kPanelTokens);
      token += panel.tokens;
      rank_units[rank] += (panel.tokens + 7) / 8;
    }
  }
  ASSERT_EQ(batch.last_panel(batch.ranks() - 1), batch.panels().size());
  ASSERT_EQ(token, batch.tokens());
  ASSERT_LE(batch.panels().size(), max_panels(batch.tokens(), ranks));
  const auto [least, most] = std::minmax_element(rank_units.begin(), rank_units.end());
  ASSERT_LE(*most - *least, 1u);

  // Segments name each token of each sequence once, where its id lies.
  ASSERT_EQ(batch.sequences(), sequences.size());
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    std::size_t position = 0;
    for (const kernels::TokenSegment& segment : batch.segments(s)) {
      ASSERT_LE(segment.lane + segment.tokens, batch.panels()[segment.panel].tokens);
      for (std::size_t i = 0; i < segment.tokens; ++i, ++position) {
        const std::size_t at = batch.panels()[segment.panel].first_token + segment.lane + i;
        ASSERT_EQ(batch.word_ids()[at], sequences[s].ids[position]);
        ASSERT_EQ(batch.positions()[at], static_cast<std::int32_t>(position));
      }
    }
    ASSERT_EQ(position, sequences[s].ids.size());
    ASSERT_EQ(batch.length(s), sequences[s].ids.size());
  }

  // Parts of a panel fill it, and are the segments.
  for (std::size_t i = 0; i < batch.panels().size(); ++i) {
    std::size_t lane = 0;
    for (const Part& part : batch.parts(batch.panels()[i])) {
      ASSERT_EQ(part.segment.panel, i);
      ASSERT_EQ(part.segment.lane, lane);
      lane += part.segment.tokens;
    }
    ASSERT_EQ(lane, batch.panels()[i].tokens);
  }
}

TEST(RaggedBatch, PlacesEveryTokenOnce) {
  constexpr unsigned kSeed = 7;
  std::mt19937 random(kSeed);
  RaggedBatch batch;  // used again and again, as the engine does
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
    std::vector<std::size_t> lengths(1 + random() % 40);
    for (std::size_t& length : lengths) length = 1 + random() % (round % 2 == 0 ? 9 : 200);
    const std::size_t ranks = 1 + random() % 5;
    const std::vector<Sequence> sequences = sequences_of(lengths);
    batch.assign(pointers(sequences), ranks);
    ASSERT_NO_FATAL_FAILURE(expect_consistent(batch, sequences, ranks));
  }
}

TEST(RaggedBatch, LeavesMaskedTokensOutOfTheKeys) {
  constexpr unsigned kSeed = 8;
  std::mt19937 random(kSeed);
  RaggedBatch batch;
  for (int round = 0; round < 100; ++round) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
    std::vector<std::size_t> lengths(1 + random() % 20);
    for (std::size_t& length : lengths) length = 1 + random() % 200;
    std::vector<Sequence> sequences = sequences_of(lengths);
    for (Sequence& sequence : sequences) {
      if (random() % 3 == 0) continue;
      for (std::size_t i = 0; i < sequence.ids.size(); ++i)
        sequence.mask.push_back(static_cast<std::uint8_t>(random() % 4 != 0));
      sequence.mask[random() % sequence.mask.size()] = 1;
    }
    batch.assign(pointers(sequences), 1 + random() % 5);
    for (std::size_t s = 0; s < sequences.size(); ++s) {
      std::vector<std::int32_t> want, got;
      for (std::size_t i = 0; i < sequences[s].ids.size(); ++i)
        if (sequences[s].mask.empty() || sequences[s].mask[i] == 1)
          want.push_back(sequences[s].ids[i]);
      for (const kernels::TokenSegment& key : batch.keys(s))
        for (std::size_t i = 0; i < key.tokens; ++i)
          got.push_back(batch.word_ids()[batch.panels()[key.panel].first_token + key.lane + i]);
      ASSERT_EQ(got, want);
      ASSERT_EQ(batch.key_count(s), want.size());
      ASSERT_EQ(batch.length(s), sequences[s].ids.size());
    }
  }
}

TEST(RaggedBatch, TakesTypeZeroWhereNoTypesAreGiven) {
  const std::vector<Sequence> sequences{{{5, 6}, {0, 1}}, {{7, 8, 9}, {}}, {{1}, {1}}};
  RaggedBatch batch;
  batch.assign(pointers(sequences), 1);
  EXPECT_EQ(std::vector<std::int32_t>(batch.type_ids().begin(), batch.type_ids().end()),
            (std::vector<std::int32_t>{0, 1, 0, 0, 0, 1}));
}

TEST(RaggedBatch, BoundsItsPanels) {
  for (std::size_t tokens = 1; tokens <= 600; ++tokens)
    for (std::size_t ranks = 1; ranks <= 5; ++ranks)
      ASSERT_LE(panel_tokens(tokens, ranks).size(), max_panels(600, ranks))
          << tokens << " tokens on " << ranks << " ranks";
}

}  // namespace
}  // namespace filigree::runtime
