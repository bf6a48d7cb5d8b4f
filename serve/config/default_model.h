// The models that DeepSparse downloads when an endpoint says `model: default`.
#pragma once

#include <string_view>

namespace filigree::serve {

// The stub of a task by its own name ("question_answering"), to be found like any other stub; empty
// for a task without one.
std::string_view default_model(std::string_view task) noexcept;

}  // namespace filigree::serve
