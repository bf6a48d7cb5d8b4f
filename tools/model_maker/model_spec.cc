#include "tools/model_maker/model_spec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

template <class Value>
using Name = std::pair<Value, std::string_view>;

constexpr Name<Family> kFamilies[] = {
    {Family::kBert, "bert"}, {Family::kDistilBert, "distilbert"}, {Family::kRoberta, "roberta"}};
constexpr Name<Head> kHeads[] = {{Head::kQuestionAnswering, "qa"},
                                 {Head::kClassification, "classification"},
                                 {Head::kToken, "token"},
                                 {Head::kEmbedding, "embedding"}};
constexpr Name<Precision> kPrecisions[] = {{Precision::kFloat32, "fp32"},
                                           {Precision::kFloat16, "fp16"},
                                           {Precision::kInt8, "int8"},
                                           {Precision::kInt8FloatBias, "int8-float-bias"},
                                           {Precision::kInt8Signed, "int8-signed"},
                                           {Precision::kInt8Qlinear, "int8-qlinear"},
                                           {Precision::kInt8Head, "int8-head"},
                                           {Precision::kInt8Leftover, "int8-leftover"},
                                           {Precision::kQdq, "qdq"},
                                           {Precision::kDynamic, "dynamic"}};
constexpr Name<Pattern> kPatterns[] = {{Pattern::kNone, "none"},
                                       {Pattern::kUnstructured, "unstructured"},
                                       {Pattern::k1x4, "1x4"},
                                       {Pattern::k4x1, "4x1"}};

template <class Names, class Value>
std::string_view name_of(const Names& names, Value value) {
  const auto* const found = std::ranges::find(names, value, &Name<Value>::first);
  return found == std::end(names) ? std::string_view() : found->second;
}

template <class Value, std::size_t count>
std::optional<Value> parse(const Name<Value> (&names)[count], std::string_view name) {
  const auto* const found = std::ranges::find(names, name, &Name<Value>::second);
  return found == std::end(names) ? std::nullopt : std::optional(found->first);
}

template <class Names>
std::string listed(const Names& names) {
  std::string text;
  for (const auto& entry : names) text.append(text.empty() ? "" : ", ").append(entry.second);
  return text;
}

void require(bool fine, const std::string& flag, std::size_t found, const std::string& expected) {
  if (!fine)
    throw UsageError("--" + flag + " is " + std::to_string(found) + ", expected " + expected);
}

}  // namespace

std::string_view family_name(Family family) noexcept { return name_of(kFamilies, family); }
std::string_view head_name(Head head) noexcept { return name_of(kHeads, head); }
std::string_view precision_name(Precision precision) noexcept {
  return name_of(kPrecisions, precision);
}

std::string_view task_of(Head head) noexcept {
  switch (head) {
    case Head::kQuestionAnswering:
      return "question_answering";
    case Head::kClassification:
      return "text_classification";
    case Head::kToken:
      return "token_classification";
    case Head::kEmbedding:
      return "transformers_embedding_extraction";
  }
  return "";
}

std::optional<Family> parse_family(std::string_view name) noexcept {
  return parse(kFamilies, name);
}
std::optional<Head> parse_head(std::string_view name) noexcept { return parse(kHeads, name); }
std::optional<Precision> parse_precision(std::string_view name) noexcept {
  return parse(kPrecisions, name);
}
std::optional<Pattern> parse_pattern(std::string_view name) noexcept {
  return parse(kPatterns, name);
}
std::string family_names() { return listed(kFamilies); }
std::string head_names() { return listed(kHeads); }
std::string precision_names() { return listed(kPrecisions); }
std::string pattern_names() { return listed(kPatterns); }

void check(const ModelSpec& spec) {
  require(spec.hidden % spec.heads == 0, "heads", spec.heads,
          "a divisor of the hidden size " + std::to_string(spec.hidden));
  require(spec.opset >= kLeastOpset && spec.opset <= kMostOpset, "opset", spec.opset,
          std::to_string(kLeastOpset) + " to " + std::to_string(kMostOpset));
  require(spec.sparsity.percent == 0 || spec.sparsity.pattern != Pattern::kNone, "sparsity",
          spec.sparsity.percent, "0 with --pattern none");
}

std::string describe(const ModelSpec& spec) {
  std::string text(family_name(spec.family));
  text += " " + std::to_string(spec.layers) + " layers, hidden " + std::to_string(spec.hidden) +
          ", " + std::string(head_name(spec.head)) + ", ";
  text += spec.sparsity.percent == 0 ? "dense"
                                     : std::to_string(spec.sparsity.percent) + " % zeros " +
                                           std::string(pattern_name(spec.sparsity.pattern));
  return text + ", " + std::string(precision_name(spec.precision));
}

}  // namespace filigree::tools
