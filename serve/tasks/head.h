// Which output of a model a task reads, and its shape: found out before the first request by
// computing the part of the graph after the encoder for sequences of two and of three tokens.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "loader/model.h"
#include "runtime/request.h"

namespace filigree::serve {

enum class HeadRows {
  kSequence,  // [1, width]
  kToken      // [1, tokens, width]
};

struct Head {
  std::size_t output = 0;  // index into Model::output_names
  std::size_t width = 0;   // labels, or features
  std::string name;        // of the output
};

// The output called `preferred`, else the only one. Throws std::runtime_error naming the model's
// file, what was found, and that `task` expected `rows` of FLOAT or FLOAT16.
Head find_head(const loader::Model& model, HeadRows rows, std::string_view preferred,
               std::string_view task);

// Output number `output` of one sequence as floats, `count` of them in row-major order. Throws
// std::runtime_error when there is none, it is not FLOAT or FLOAT16, or has another size.
std::vector<float> output_values(const runtime::SequenceOutput& outputs, std::size_t output,
                                 std::size_t count);

// "'a', 'b'".
std::string joined(const std::vector<std::string>& names);

}  // namespace filigree::serve
