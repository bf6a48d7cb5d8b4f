#include "tools/compress/layer_walk.h"

#include <gtest/gtest.h>

#include "kernels/isa.h"

namespace filigree::tools {
namespace {

// Long sequences: their attention takes all the scratch that the model's positions may need.
std::vector<runtime::Sequence> sequences_of(std::size_t tokens, std::size_t count) {
  std::vector<runtime::Sequence> sequences;
  for (std::size_t i = 0; i < count; ++i) {
    runtime::Sequence sequence;
    for (std::size_t t = 0; t < tokens; ++t)
      sequence.ids.push_back(static_cast<std::int32_t>(1000 + (i * tokens + t) * 37 % 9000));
    sequence.type_ids.assign(tokens, 0);
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

TEST(LayerWalk, GivesTheSameBitsWithAnyNumberOfThreads) {
  const auto model = loader::load_model(std::string(FILIGREE_SOURCE_DIR) +
                                        "/third_party/models/minilm6-squad-pruned80");
  const auto sequences = sequences_of(300, 4);
  const kernels::KernelTable& table = kernels::supported_tables().back();
  LayerWalk alone(table, *model->encoder, sequences, 1);
  LayerWalk together(table, *model->encoder, sequences, 3);
  for (int layer = 0; layer < 2; ++layer) {
    for (const LinearRole role : kLinearRoles)
      ASSERT_EQ(alone.inputs(role), together.inputs(role)) << "layer " << layer;
    ASSERT_EQ(alone.projection(LinearRole::kValue), together.projection(LinearRole::kValue));
    alone.next();
    together.next();
  }
}

// The layers alone, one after another, are the model.
TEST(LayerWalk, ReadsWhatTheWholeModelComputes) {
  const auto model = loader::load_model(std::string(FILIGREE_SOURCE_DIR) +
                                        "/third_party/models/minilm6-squad-pruned80");
  const auto sequences = sequences_of(128, 2);
  const kernels::KernelTable& table = kernels::supported_tables().back();
  std::vector<std::vector<float>> context(model->encoder->layers.size());
  for (const runtime::Trace& trace : runtime::trace_batch(table, *model->encoder, sequences, 2))
    for (const runtime::StageValues& found : trace)
      if (found.stage == runtime::Stage::kContext)
        context[found.layer].insert(context[found.layer].end(), found.values.begin(),
                                    found.values.end());
  LayerWalk walk(table, *model->encoder, sequences, 2);
  for (const std::vector<float>& expected : context) {
    ASSERT_EQ(walk.inputs(LinearRole::kAttentionOutput), expected);
    walk.next();
  }
}

}  // namespace
}  // namespace filigree::tools
