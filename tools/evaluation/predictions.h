// Predictions of an evaluation as a file.
#pragma once

#include <span>
#include <string>

#include "serve/tasks/question_answering.h"

namespace filigree::tools {

struct Prediction {
  std::string id;
  serve::Answer answer;
};

// {"id": {"answer", "score", "start", "end"}, ...} with one line for each id.
std::string predictions_json(std::span<const Prediction> predictions);

// {"id", "answer", "score", "start", "end"} a line.
std::string predictions_json_lines(std::span<const Prediction> predictions);

}  // namespace filigree::tools
