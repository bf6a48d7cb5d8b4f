// The linear layers of an encoder's layer, by the step that computes them.
#pragma once

#include <array>
#include <utility>

#include "loader/model.h"
#include "runtime/step_times.h"

namespace filigree::runtime {

// In the order of computation, which is that of loader::Model::matrices. They live as long as
// `layer`.
inline std::array<std::pair<Step, const loader::Linear*>, 6> layer_linears(
    const loader::EncoderLayer& layer) noexcept {
  return {{{Step::kQuery, &layer.query},
           {Step::kKey, &layer.key},
           {Step::kValue, &layer.value},
           {Step::kAttentionOutput, &layer.attention_output},
           {Step::kIntermediate, &layer.ffn_in},
           {Step::kOutput, &layer.ffn_out}}};
}

}  // namespace filigree::runtime
