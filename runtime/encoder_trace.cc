#include "runtime/encoder_trace.h"

#include <array>
#include <bit>
#include <cstdio>
#include <map>
#include <mutex>

#include "runtime/worker_group.h"

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
  Collector(const RaggedBatch& batch, std::optional<std::size_t> only)
      : batch_(batch), only_(only), stages_(batch.sequences()) {}

  void add(const StageResult& result) {
    const std::lock_guard lock(mutex_);
    const Panel& panel = batch_.panels()[result.panel];
    for (const Part& part : batch_.parts(panel)) {
      if (only_ && *only_ != part.sequence) continue;
      StageValues& values = stages_[part.sequence][{result.layer, result.stage}];
      values.stage = result.stage;
      values.layer = result.layer;
      values.features = result.features;
      values.is_u8 = result.u8 != nullptr;
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
  const std::optional<std::size_t> only_;
  std::mutex mutex_;
  std::vector<std::map<std::pair<std::size_t, Stage>, StageValues>> stages_;  // by sequence
};

std::optional<std::size_t> first_difference(const std::vector<float>& a,
                                            const std::vector<float>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) return i;
  return std::nullopt;
}

std::string value_text(const StageValues& stage, std::size_t at) {
  return stage.is_u8 ? std::to_string(static_cast<int>(stage.values[at]))
                     : bits_text(stage.values[at]);
}

}  // namespace

std::vector<Trace> trace_batch(const kernels::KernelTable& table, const loader::Encoder& encoder,
                               std::span<const Sequence> sequences, std::size_t ranks,
                               std::optional<std::size_t> only) {
  std::vector<const Sequence*> views;
  for (const Sequence& sequence : sequences) views.push_back(&sequence);
  WorkerGroup group{Places(ranks)};
  RaggedBatch batch;
  batch.assign(views, ranks);
  const ActivationShape shape = activation_shape(encoder, batch.tokens(), ranks);
  Arena arena;
  arena.reserve(shape);
  Collector collector(batch, only);
  encode(table, encoder, batch, shape, arena, group,
         {.observer = [&](const StageResult& result) { collector.add(result); }});
  return collector.traces();
}

std::optional<std::string> first_difference(const NamedTrace& a, const NamedTrace& b) {
  if (a.trace.size() != b.trace.size()) return "one trace has fewer stages";
  for (std::size_t i = 0; i < a.trace.size(); ++i) {
    const StageValues& x = a.trace[i];
    const StageValues& y = b.trace[i];
    const std::string where =
        "layer " + std::to_string(x.layer) + ", " + std::string(stage_name(x.stage));
    if (x.stage != y.stage || x.layer != y.layer || x.is_u8 != y.is_u8 ||
        x.values.size() != y.values.size())
      return where + ": not the same kind or number of values";
    const auto at = first_difference(x.values, y.values);
    if (!at) continue;
    return where + ", token " + std::to_string(*at / x.features) + ", feature " +
           std::to_string(*at % x.features) + ": " + std::string(a.name) + " " +
           value_text(x, *at) + ", " + std::string(b.name) + " " + value_text(y, *at);
  }
  return std::nullopt;
}

std::string_view stage_name(Stage stage) noexcept {
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
      return "attention context";
    case Stage::kAttentionNorm:
      return "attention output norm";
    case Stage::kIntermediate:
      return "feed-forward intermediate";
    case Stage::kOutputNorm:
      return "feed-forward output norm";
  }
  return "unknown stage";
}

std::string bits_text(float value) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "0x%08x (%.9g)", std::bit_cast<std::uint32_t>(value),
                static_cast<double>(value));
  return text.data();
}

}  // namespace filigree::runtime
