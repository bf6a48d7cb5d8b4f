// What a benchmark feeds a model: sequences of random ids with their real lengths, without padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "loader/model.h"
#include "runtime/sequence.h"
#include "tools/benchmark/input_lengths.h"

namespace filigree::tools {

// What the model has embeddings for.
struct IdSpace {
  std::size_t vocabulary = 0;
  std::size_t positions = 0;
};

// Of a model without a recognised encoder the vocabulary is what the input "input_ids" gathers
// from, else 100 ids, and no limit of positions is known.
IdSpace id_space(const loader::Model& model);

using Batch = std::vector<runtime::Sequence>;

// Enough batches that lengths vary as they should, in a few megabytes; a benchmark uses them in
// turn. Equal arguments give equal batches. Requires batch_size >= 1 and lengths that are limited
// to ids.positions.
std::vector<Batch> model_inputs(const InputLengths& lengths, std::size_t batch_size,
                                const IdSpace& ids, std::uint64_t seed);

}  // namespace filigree::tools
