// `kwargs` and `bucketing` of a question answering endpoint.
#pragma once

#include <string>
#include <vector>

#include "serve/config/fields.h"
#include "serve/tasks/question_answering.h"

namespace filigree::serve {

// Throws ConfigError; appends to `warnings` what is accepted without effect. bucketing lengths win
// over sequence_length as in DeepSparse; of several the largest is used, since shorter texts are
// never padded here.
QuestionAnsweringOptions question_answering_options(const Fields& endpoint, const std::string& file,
                                                    std::vector<std::string>& warnings);

}  // namespace filigree::serve
