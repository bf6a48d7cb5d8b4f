// The small encoders of tests/data/encoders and the batches with which they were run.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "loader/onnx_file.h"

namespace filigree::loader {

struct Fixture {
  std::string_view name;
  std::size_t layers, hidden, heads, head_size, intermediate, tables;
  bool integer;
  bool float_attention = false;  // although `integer`
};

inline constexpr Fixture kFixtures[] = {
    {"legacy12_eager", 2, 32, 4, 8, 64, 3, false},
    {"legacy14_eager", 2, 32, 4, 8, 64, 3, false},
    {"legacy14_eager_fp16", 2, 32, 4, 8, 64, 3, false},
    {"legacy17_sdpa", 1, 48, 4, 12, 40, 3, false},
    {"dynamo18_eager", 2, 32, 4, 8, 64, 3, false},
    {"dynamo18_sdpa", 1, 48, 4, 12, 40, 3, false},
    {"dynamo20_sdpa", 2, 32, 4, 8, 64, 3, false},
    {"distilbert_legacy14", 2, 36, 3, 12, 52, 2, false},
    {"distilbert_dynamo18", 2, 36, 3, 12, 52, 2, false},
    {"bert_without_types", 1, 32, 4, 8, 64, 3, false},
    {"classifier_dynamo18", 1, 32, 4, 8, 64, 3, false},
    {"int8_u8", 2, 32, 4, 8, 64, 3, true},
    {"int8_s8_float_bias", 2, 32, 4, 8, 64, 3, true},
    {"int8_u8_zero_point_120", 2, 32, 4, 8, 64, 3, true},
    {"int8_signed_activations", 2, 32, 4, 8, 64, 3, true},
    {"int8_byte_products", 2, 32, 4, 8, 64, 3, true},
    {"qdq_onnxruntime", 2, 32, 4, 8, 64, 3, true},
    {"qdq_float_weights", 2, 32, 4, 8, 64, 3, true},
    {"qdq_sdpa_tables", 1, 48, 4, 12, 40, 3, true},
    {"qdq_sdpa_results", 1, 48, 4, 12, 40, 3, true},
    {"qdq_results", 2, 32, 4, 8, 64, 3, true, true},
};

inline std::filesystem::path source_folder() { return FILIGREE_SOURCE_DIR; }

inline std::filesystem::path fixture_file(std::string_view name) {
  return source_folder() / "tests/data/encoders" / (std::string(name) + ".onnx");
}

inline Graph fixture_graph(std::string_view name) { return read_onnx(fixture_file(name)); }

// input_ids, attention_mask, token_type_ids where the model has it, and the outputs.
inline std::map<std::string, Tensor> fixture_golden(std::string_view name) {
  return read_onnx(fixture_file(std::string(name) + ".golden")).initializers;
}

// Row `row` of [batch, tokens], up to its padding.
inline std::vector<std::int64_t> sequence(const std::map<std::string, Tensor>& golden,
                                          const std::string& name, std::size_t row) {
  const Tensor& mask = golden.at("attention_mask");
  const auto tokens = static_cast<std::size_t>(mask.dims()[1]);
  std::vector<std::int64_t> values;
  for (std::size_t t = row * tokens; t < (row + 1) * tokens; ++t)
    if (mask.data<std::int64_t>()[t] != 0)
      values.push_back(golden.at(name).data<std::int64_t>()[t]);
  return values;
}

}  // namespace filigree::loader
