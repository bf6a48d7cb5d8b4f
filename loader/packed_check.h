// What must hold between the fields of a model from a packed file. Internal to the loader.
#pragma once

#include "loader/model.h"

namespace filigree::loader {

// Sets what follows from other fields (views of tables, vocabulary, positions), then throws
// FormatError unless sizes, numbers and formats fit together as load_model() makes them.
void complete_packed(Model& model);

}  // namespace filigree::loader
