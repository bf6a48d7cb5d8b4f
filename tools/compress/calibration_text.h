// Text that a model is pruned or quantised on, as sequences of tokens.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "loader/model.h"
#include "runtime/sequence.h"
#include "tokenizer/tokenizer.h"

namespace filigree::tools {

struct CalibrationOptions {
  std::size_t samples = 128;  // of the file, evenly spaced
  std::size_t tokens = 128;   // longer sequences are cut; at most what the model has positions for
};

// `content` of a file is SQuAD v1.1 JSON, or JSON lines with {"question", "context"}, or with
// {"text"}: one sequence for each chosen question or text, of a pair the question first. Throws
// InputError naming `file` and the line; also for a token that the model does not have.
std::vector<runtime::Sequence> calibration_sequences(const std::string& content,
                                                     const std::string& file,
                                                     const tokenizer::Tokenizer& tokenizer,
                                                     const loader::Encoder& encoder,
                                                     const CalibrationOptions& options);

}  // namespace filigree::tools
