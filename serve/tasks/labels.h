// The labels of a classifier: those of config.json, one for each logit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/tasks/head.h"
#include "serve/tasks/task.h"

namespace filigree::serve {

// Throws std::runtime_error when the folder has no config.json, or its labels are not as many as
// the logits of `head`.
std::vector<std::string> labels_of_head(const TaskParts& parts, const Head& head,
                                        std::string_view task);

}  // namespace filigree::serve
