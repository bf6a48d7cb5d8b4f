// The C interface with owners, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/c_api/filigree.h"
#include "runtime/sequence.h"

namespace filigree::runtime {

struct CFree {
  void operator()(filigree_engine* engine) const { filigree_engine_free(engine); }
  void operator()(filigree_model* model) const { filigree_model_free(model); }
  void operator()(filigree_result* result) const { filigree_result_free(result); }
  void operator()(filigree_error* error) const { filigree_error_free(error); }
};
using CEngine = std::unique_ptr<filigree_engine, CFree>;
using CModel = std::unique_ptr<filigree_model, CFree>;
using CResult = std::unique_ptr<filigree_result, CFree>;
using CError = std::unique_ptr<filigree_error, CFree>;

inline std::string encoder_file(std::string_view name) {
  return std::string(FILIGREE_SOURCE_DIR "/tests/data/encoders/").append(name).append(".onnx");
}

inline CEngine c_engine(const filigree_engine_options* options = nullptr) {
  filigree_engine* engine = nullptr;
  filigree_error* error = nullptr;
  EXPECT_EQ(filigree_engine_create(options, &engine, &error), FILIGREE_OK)
      << filigree_error_message(error);
  return CEngine(engine);
}

inline CModel c_model(const std::string& path) {
  filigree_model* model = nullptr;
  filigree_error* error = nullptr;
  EXPECT_EQ(filigree_model_load(path.c_str(), &model, &error), FILIGREE_OK)
      << filigree_error_message(error);
  return CModel(model);
}

// Sequences laid one after another as filigree_batch wants them. Type ids are 0 where a sequence
// has none.
struct FlatBatch {
  explicit FlatBatch(const std::vector<Sequence>& sequences) {
    for (const Sequence& sequence : sequences) {
      lengths.push_back(sequence.ids.size());
      ids.insert(ids.end(), sequence.ids.begin(), sequence.ids.end());
      type_ids.insert(type_ids.end(), sequence.type_ids.begin(), sequence.type_ids.end());
      type_ids.resize(ids.size());
    }
  }

  filigree_batch view() const {
    return {.struct_size = sizeof(filigree_batch),
            .sequence_count = lengths.size(),
            .lengths = lengths.data(),
            .token_count = ids.size(),
            .ids = ids.data(),
            .type_ids = type_ids.data()};
  }

  std::vector<std::size_t> lengths;
  std::vector<std::int32_t> ids, type_ids;
};

inline CResult c_run(const CEngine& engine, const CModel& model, const filigree_batch& batch) {
  filigree_result* result = nullptr;
  filigree_error* error = nullptr;
  EXPECT_EQ(filigree_run(engine.get(), model.get(), &batch, &result, &error), FILIGREE_OK)
      << filigree_error_message(error);
  return CResult(result);
}

inline filigree_tensor c_output(const CResult& result, std::size_t sequence, const char* name) {
  filigree_tensor tensor{};
  tensor.struct_size = sizeof tensor;
  filigree_error* error = nullptr;
  EXPECT_EQ(filigree_result_output(result.get(), sequence, name, &tensor, &error), FILIGREE_OK)
      << filigree_error_message(error);
  return tensor;
}

}  // namespace filigree::runtime
