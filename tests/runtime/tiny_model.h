// The small models of the self-test, under the names that these tests use.
#pragma once

#include "tools/selftest/tiny_model.h"

namespace filigree::runtime {

using tools::AttentionForm;
using tools::LinearForm;
using tools::random_sequences;
using tools::StorageForm;
using tools::tiny_model;
using tools::TinyModelOptions;

}  // namespace filigree::runtime
