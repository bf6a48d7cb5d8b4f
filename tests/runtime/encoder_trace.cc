#include "tests/runtime/encoder_trace.h"

#include <bit>
#include <map>
#include <mutex>
#include <sstream>
#include <tuple>

namespace filigree::runtime {
namespace {

using kernels::kPanelTokens;

float value_at(const StageResult& result, std::size_t feature, std::size_t lane) {
  if (result.f32 != nullptr) return result.f32[feature * kPanelTokens + lane];
  return static_cast<float>(result.u8[feature / 4 * 4 * kPanelTokens + 4 * lane + feature % 4]);
}

// Collects the panels of each stage; the ranks call it at the same time.
class Collector {
 public:
  explicit Collector(const RaggedBatch& batch) : batch_(batch), stages_(batch.sequences()) {}

  void add(const StageResult& result) {
    const std::lock_guard lock(mutex_);
    const Panel& panel = batch_.panels()[result.panel];
    for (const Part& part : batch_.parts(panel)) {
      StageValues& values = stages_[part.sequence][{result.layer, result.stage}];
      values.stage = result.stage;
      values.layer = result.layer;
      values.features = result.features;
      values.values.resize(batch_.length(part.sequence) * result.features);
      for (std::size_t i = 0; i < part.segment.tokens; ++i) {
        const std::size_t lane = part.segment.lane + i;
        const auto token = static_cast<std::size_t>(batch_.positions()[panel.first_token + lane]);
        for (std::size_t feature = 0; feature < result.features; ++feature)
          values.values[token * result.features + feature] = value_at(result, feature, lane);
      }
    }
  }

  std::vector<Trace> traces() const {
    std::vector<Trace> traces(stages_.size());
    for (std::size_t i = 0; i < stages_.size(); ++i)
      for (const auto& [key, values] : stages_[i]) traces[i].push_back(values);
    return traces;
  }

 private:
  const RaggedBatch& batch_;
  std::mutex mutex_;
  std::vector<std::map<std::pair<std::size_t, Stage>, StageValues>> stages_;  // by sequence
};

}  // namespace

std::vector<Trace> trace_batch(const kernels::KernelTable& table, const loader::Encoder& encoder,
                               std::span<const Sequence> sequences, std::size_t ranks) {
  std::vector<const Sequence*> views;
  for (const Sequence& sequence : sequences) views.push_back(&sequence);
  WorkerGroup group{Places(ranks)};
  RaggedBatch batch;
  batch.assign(views, ranks);
  const ActivationShape shape = activation_shape(encoder, batch.tokens(), ranks);
  Arena arena;
  arena.reserve(shape);
  Collector collector(batch);
  encode(table, encoder, batch, shape, arena, group,
         [&](const StageResult& result) { collector.add(result); });
  return collector.traces();
}

std::optional<std::string> first_difference(const Trace& a, const Trace& b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i >= a.size() || i >= b.size()) return "one trace has fewer stages";
    for (std::size_t at = 0; at < std::max(a[i].values.size(), b[i].values.size()); ++at) {
      if (at >= a[i].values.size() || at >= b[i].values.size()) return "one stage has fewer values";
      const float x = a[i].values[at];
      const float y = b[i].values[at];
      if (std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y)) continue;
      std::ostringstream text;
      text.precision(9);
      text << "layer " << a[i].layer << ", " << stage_name(a[i].stage) << ": token "
           << at / a[i].features << ", feature " << at % a[i].features << ": " << x << " and " << y;
      return text.str();
    }
  }
  return std::nullopt;
}

std::string stage_name(Stage stage) {
  switch (stage) {
    case Stage::kEmbeddings:
      return "embeddings";
    case Stage::kQuery:
      return "query";
    case Stage::kKey:
      return "key";
    case Stage::kValue:
      return "value";
    case Stage::kContext:
      return "context";
    case Stage::kAttentionNorm:
      return "attention norm";
    case Stage::kIntermediate:
      return "intermediate";
    case Stage::kOutputNorm:
      return "output norm";
  }
  return "unknown stage";
}

}  // namespace filigree::runtime
