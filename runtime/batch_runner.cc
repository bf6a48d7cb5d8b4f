#include "runtime/batch_runner.h"

#include <algorithm>
#include <cassert>
#include <exception>
#include <utility>

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

BatchRunner::BatchRunner(const kernels::KernelTable& table, Options options)
    : table_(table), options_(std::move(options)), arena_(placement_on(options_.memory_nodes)) {}

std::vector<SequenceResult> BatchRunner::run(const loader::Model& model,
                                             std::span<const Sequence* const> sequences, Team& team,
                                             StepTimes* times, const std::function<bool()>& abandon,
                                             std::span<BatchRunner* const> joined) noexcept {
  std::vector<SequenceResult> results(sequences.size());
  PanelSeries<const float> hidden{};
  try {
    if (times != nullptr) *times += StepTimes(model.encoder ? model.encoder->layers.size() : 0);
    if (model.encoder) hidden = run_encoder(model, sequences, team, times, abandon, joined);
  } catch (const std::exception& error) {
    for (SequenceResult& result : results) result.error = error.what();
    return results;
  }
  const Clock::time_point encoded = Clock::now();
  std::atomic<std::size_t> next{0};
  team.parallel(std::min(team.size(), sequences.size()), [&](std::size_t) {
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < sequences.size();)
      if (abandon && abandon())
        results[i].error = kAbandoned;
      else
        results[i] = finish_sequence(model, *sequences[i], i, hidden);
  });
  if (times != nullptr) times->add(Step::kRest, 0, Clock::now() - encoded);
  return results;
}

Activations BatchRunner::reserve(const loader::Encoder& encoder) {
  const auto shape_for = [&](std::size_t threads) {
    return activation_shape(encoder, options_.batch_tokens, threads);
  };
  ActivationShape shape = shape_for(options_.threads);
  for (const std::size_t threads : options_.joint_threads)
    shape.panels = std::max(shape.panels, shape_for(threads).panels);
  arena_.reserve(shape);
  arena_bytes_.store(arena_.bytes(), std::memory_order_relaxed);
  return arena_.activations(shape);
}

Activations BatchRunner::add_places(const loader::Model& model, std::vector<RankPlace>& places) {
  const Activations own = reserve(*model.encoder);
  for (std::size_t i = 0; i < options_.threads; ++i)
    places.push_back({options_.memory_nodes.empty()
                          ? &*model.encoder
                          : &loader::encoder_on(model, options_.memory_nodes[i]),
                      own.scratch(i)});
  return own;
}

PanelSeries<const float> BatchRunner::run_encoder(const loader::Model& model,
                                                  std::span<const Sequence* const> sequences,
                                                  Team& team, StepTimes* times,
                                                  const std::function<bool()>& abandon,
                                                  std::span<BatchRunner* const> joined) {
  const loader::Encoder& encoder = *model.encoder;
  batch_.assign(sequences, team.size());
  places_.clear();
  const Activations activations = add_places(model, places_);
  for (BatchRunner* other : joined) other->add_places(model, places_);
  assert(places_.size() == team.size());
  if (times == nullptr)
    return encode(table_, places_, batch_, activations, team, {.abandon = abandon});
  StepRecorder recorder(encoder.layers.size(), batch_.ranks());
  const auto hidden = encode(table_, places_, batch_, activations, team,
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
