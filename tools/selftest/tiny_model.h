// Small BERT question-answering models, built in memory from a seed.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "loader/model.h"
#include "runtime/sequence.h"

namespace filigree::tools {

enum class LinearForm { kF32, kI8, kMixed };  // kMixed: both kinds in every layer
// kRounded: integer, with both products rounded to bytes; kAlternating: integer and float.
enum class AttentionForm { kF32, kInteger, kRounded, kAlternating };
// Of int8 weights kSparse is 1x4 groups and kUnstructured single weights; of fp32 both are single
// ones.
enum class StorageForm { kDense, kSparse, kUnstructured };

struct TinyModelOptions {
  std::size_t hidden_size = 24;
  std::size_t heads = 3;
  std::size_t intermediate_size = 40;
  std::size_t layers = 3;
  std::size_t vocabulary = 50;
  std::size_t max_positions = 160;
  LinearForm linears = LinearForm::kF32;
  AttentionForm attention = AttentionForm::kF32;
  StorageForm storage = StorageForm::kSparse;
  double density = 0.3;  // nonzeros of the linear weights; their values do not depend on `storage`
  unsigned seed = 1;
};

// Outputs start_logits and end_logits, [1, tokens], from a head on the interpreter.
std::shared_ptr<const loader::Model> tiny_model(const TinyModelOptions& options);

// Random ids, and random types for every second sequence.
std::vector<runtime::Sequence> random_sequences(const std::vector<std::size_t>& lengths,
                                                std::size_t vocabulary, unsigned seed);

}  // namespace filigree::tools
