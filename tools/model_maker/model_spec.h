// What kind of model to make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tools/model_maker/sparsity.h"

namespace filigree::tools {

enum class Family { kBert, kDistilBert, kRoberta };
enum class Head { kQuestionAnswering, kClassification, kToken, kEmbedding };

// How weights and products are stored; README.md of this folder shows the nodes of each.
enum class Precision {
  kFloat32,
  kFloat16,        // matrices stored as FLOAT16 behind Cast, computed in FLOAT
  kInt8,           // SparseML's static form: MatMulInteger, int32 bias, u8 weights, u8 embeddings
  kInt8FloatBias,  // the same with the bias added in float after the scale
  kInt8Signed,     // with s8 weights and zero point 0
  kInt8Qlinear,    // attention products and head as QLinearMatMul, whose results are u8
  kInt8Head,       // with the head in integers too
  kInt8Leftover,   // with Q/DQ pairs left around residuals and activations
  kQdq,            // QuantizeLinear and DequantizeLinear around float operators
  kDynamic         // DynamicQuantizeLinear and MatMulInteger, attention in float
};

std::string_view family_name(Family family) noexcept;           // "bert", "distilbert", "roberta"
std::string_view head_name(Head head) noexcept;                 // "qa", "classification", ...
std::string_view task_of(Head head) noexcept;                   // "question_answering", ...
std::string_view precision_name(Precision precision) noexcept;  // "fp32", ...

// nullopt for a name that is none; `*_names()` lists them for messages and help.
std::optional<Family> parse_family(std::string_view name) noexcept;
std::optional<Head> parse_head(std::string_view name) noexcept;
std::optional<Precision> parse_precision(std::string_view name) noexcept;
std::optional<Pattern> parse_pattern(std::string_view name) noexcept;
std::string family_names();
std::string head_names();
std::string precision_names();
std::string pattern_names();

inline constexpr std::size_t kLeastOpset = 11, kMostOpset = 20;

struct ModelSpec {
  Family family = Family::kBert;
  std::size_t layers = 12, hidden = 768, heads = 12, intermediate = 3072, vocabulary = 30522;
  std::size_t max_tokens = 512;  // in one sequence
  Head head = Head::kQuestionAnswering;
  std::size_t labels = 2;  // of a classification or token head
  Sparsity sparsity;       // of the six matrices of each layer; everything else is dense
  Precision precision = Precision::kFloat32;
  std::size_t opset = 14;
  std::uint64_t seed = 0;
};

// Throws UsageError naming the flag, what was found and what is expected.
void check(const ModelSpec& spec);

// "bert 12 layers, hidden 768, qa, 80 % unstructured, int8"
std::string describe(const ModelSpec& spec);

}  // namespace filigree::tools
