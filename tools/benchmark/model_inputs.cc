#include "tools/benchmark/model_inputs.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace filigree::tools {
namespace {

constexpr std::size_t kIdsOfMostVocabularies = 100;
// Distributions are seen well with a thousand sequences; a fixed length needs but a few, so that
// not the same embeddings are read again and again.
constexpr std::size_t kSequences = 1024, kSequencesOfOneLength = 16;

// Sequences for whole batches: the lengths of a file come round to their beginning.
std::size_t sequence_count(const InputLengths& lengths, std::size_t batch_size) {
  const std::size_t cycle = lengths.cycle();
  if (cycle > 1)
    return std::lcm(cycle, batch_size) > 65536 ? (cycle + batch_size - 1) / batch_size * batch_size
                                               : std::lcm(cycle, batch_size);
  const std::size_t wanted = cycle == 1 ? kSequencesOfOneLength : kSequences;
  return std::max<std::size_t>(1, wanted / batch_size) * batch_size;
}

std::size_t gathered_rows(const loader::Graph& graph) {
  for (const loader::Node& node : graph.nodes) {
    if (node.op_type != "Gather" || node.inputs.size() != 2 || node.inputs[1] != "input_ids")
      continue;
    const auto table = graph.initializers.find(node.inputs[0]);
    if (table != graph.initializers.end() && !table->second.dims().empty())
      return static_cast<std::size_t>(table->second.dims()[0]);
  }
  return kIdsOfMostVocabularies;
}

runtime::Sequence random_sequence(std::size_t tokens, std::size_t vocabulary, Random& random) {
  runtime::Sequence sequence;
  sequence.ids.resize(tokens);
  for (std::int32_t& id : sequence.ids) id = static_cast<std::int32_t>(random.below(vocabulary));
  return sequence;
}

}  // namespace

IdSpace id_space(const loader::Model& model) {
  if (!model.encoder)
    return {.vocabulary = gathered_rows(model.rest),
            .positions = std::numeric_limits<std::size_t>::max()};
  return {.vocabulary = model.encoder->vocabulary, .positions = model.encoder->max_positions};
}

std::vector<Batch> model_inputs(const InputLengths& lengths, std::size_t batch_size,
                                const IdSpace& ids, std::uint64_t seed) {
  Random length_random(seed, "lengths"), id_random(seed, "ids");
  const std::size_t count = sequence_count(lengths, batch_size);
  std::vector<Batch> batches(count / batch_size);
  const std::vector<std::size_t> drawn = lengths.draw(count, length_random);
  for (std::size_t i = 0; i < count; ++i)
    batches[i / batch_size].push_back(random_sequence(drawn[i], ids.vocabulary, id_random));
  return batches;
}

}  // namespace filigree::tools
