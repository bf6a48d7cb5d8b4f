#include "runtime/batch_runner.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "runtime/encoder.h"
#include "runtime/model_rest.h"

namespace filigree::runtime {
namespace {

constexpr const char* kAbandoned = "nobody waits for it any more";

loader::PagePlacement placement_on(std::vector<int> nodes) {
  using Policy = loader::PagePlacement::Policy;
  std::ranges::sort(nodes);
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  if (nodes.empty()) return {};
  return {nodes.size() == 1 ? Policy::kPreferred : Policy::kInterleaved, std::move(nodes)};
}

}  // namespace

BatchRunner::BatchRunner(const kernels::KernelTable& table, std::size_t batch_tokens,
                         std::vector<int> memory_nodes)
    : table_(table),
      batch_tokens_(batch_tokens),
      memory_nodes_(std::move(memory_nodes)),
      arena_(placement_on(memory_nodes_)) {}

std::vector<SequenceResult> BatchRunner::run(const loader::Model& model,
                                             std::span<const Sequence* const> sequences,
                                             WorkerGroup& group, StepTimes* times,
                                             const std::function<bool()>& abandon) noexcept {
  std::vector<SequenceResult> results(sequences.size());
  PanelSeries<const float> hidden{};
  try {
    if (times != nullptr) *times += StepTimes(model.encoder ? model.encoder->layers.size() : 0);
    if (model.encoder) hidden = run_encoder(model, sequences, group, times, abandon);
  } catch (const std::exception& error) {
    for (SequenceResult& result : results) result.error = error.what();
    return results;
  }
  const Clock::time_point encoded = Clock::now();
  std::atomic<std::size_t> next{0};
  group.parallel(std::min(group.size(), sequences.size()), [&](std::size_t) {
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < sequences.size();)
      if (abandon && abandon())
        results[i].error = kAbandoned;
      else
        results[i] = finish_sequence(model, *sequences[i], i, hidden);
  });
  if (times != nullptr) times->add(Step::kRest, 0, Clock::now() - encoded);
  return results;
}

PanelSeries<const float> BatchRunner::run_encoder(const loader::Model& model,
                                                  std::span<const Sequence* const> sequences,
                                                  WorkerGroup& group, StepTimes* times,
                                                  const std::function<bool()>& abandon) {
  const loader::Encoder& encoder = *model.encoder;
  const ActivationShape shape = activation_shape(encoder, batch_tokens_, group.size());
  arena_.reserve(shape);
  arena_bytes_.store(arena_.bytes(), std::memory_order_relaxed);
  batch_.assign(sequences, group.size());
  encoders_.assign(group.size(), &encoder);
  for (std::size_t rank = 0; rank < memory_nodes_.size(); ++rank)
    encoders_[rank] = &loader::encoder_on(model, memory_nodes_[rank]);
  if (times == nullptr)
    return encode(table_, encoders_, batch_, shape, arena_, group, {.abandon = abandon});
  StepRecorder recorder(encoder.layers.size(), batch_.ranks());
  const auto hidden = encode(table_, encoders_, batch_, shape, arena_, group,
                             {.recorder = &recorder, .abandon = abandon});
  *times += recorder.times(batch_.ranks());
  return hidden;
}

SequenceResult BatchRunner::finish_sequence(const loader::Model& model, const Sequence& sequence,
                                            std::size_t index,
                                            const PanelSeries<const float>& hidden) const noexcept {
  SequenceResult result;
  try {
    loader::Tensor state;
    if (model.encoder) {
      const std::size_t width = model.encoder->hidden_size;
      state = loader::Tensor(
          loader::DataType::kFloat,
          {1, static_cast<std::int64_t>(sequence.ids.size()), static_cast<std::int64_t>(width)});
      copy_hidden_state(hidden, width, batch_.segments(index), state.mutable_data<float>().data());
    }
    result.output = run_rest(model, sequence, state);
  } catch (const std::exception& error) {
    result.error = error.what();
  }
  return result;
}

}  // namespace filigree::runtime
