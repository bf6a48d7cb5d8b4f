#include "tools/model_maker/float_model.h"

#include <cmath>
#include <limits>
#include <utility>

#include "tools/model_maker/checkpoint_names.h"
#include "tools/model_maker/graph_builder.h"
#include "tools/model_maker/weights.h"

namespace filigree::tools {
namespace {

using loader::DataType;
using loader::Dims;
using loader::Tensor;

constexpr float kBiasDeviation = 0.02F, kGammaDeviation = 0.05F;
// Words differ more than positions, and both much more than token types, which all tokens share.
constexpr float kWordDeviation = 0.04F, kPositionDeviation = 0.02F, kTypeDeviation = 0.01F;
// What a layer adds to its input is small and attention looks at few tokens, as in trained models:
// with gain 1 throughout, twelve layers make all tokens of a sequence the same.
constexpr float kQueryGain = 1.5F, kInnerGain = 1, kBranchGain = 0.5F;
// RoBERTa counts positions from the one after its padding token.
constexpr std::int64_t kRobertaPadding = 1;

std::int64_t signed_size(std::size_t size) { return static_cast<std::int64_t>(size); }

class FloatModelWriter {
 public:
  explicit FloatModelWriter(const ModelSpec& spec)
      : spec_(spec), names_(checkpoint_names(spec.family)), graph_(signed_size(spec.opset)) {}

  FloatModel write(const Checkpoint& checkpoint) && {
    inputs();
    std::string hidden = embeddings();
    mask();
    for (std::size_t i = 0; i < spec_.layers; ++i) {
      checkpoint();
      hidden = layer(hidden, names_.layers + std::to_string(i) + ".");
    }
    head(hidden);
    model_.graph = std::move(graph_).take();
    return std::move(model_);
  }

 private:
  std::string bell(const std::string& name, Dims dims, float mean, float deviation) {
    return graph_.constant(name, bell_tensor(spec_.seed, name, std::move(dims), mean, deviation));
  }

  // x W + b. The matrix has the name that it has in a checkpoint, where it is transposed.
  std::string linear(const std::string& x, const std::string& name, const LinearShape& shape,
                     const Sparsity& sparsity) {
    const std::string weight = graph_.constant(
        name + ".weight", linear_weight(spec_.seed, name + ".weight", shape, sparsity));
    const std::string bias = bell(name + ".bias", {signed_size(shape.outputs)}, 0, kBiasDeviation);
    return graph_.node("Add", {graph_.node("MatMul", {x, weight}, name + ".product"), bias},
                       name + ".output");
  }

  std::string encoder_linear(const std::string& x, const std::string& name,
                             const LinearShape& shape) {
    model_.linear_weights.insert(name + ".weight");
    return linear(x, name, shape, spec_.sparsity);
  }

  std::string head_linear(const std::string& x, const std::string& name, std::size_t outputs) {
    model_.head_weights.insert(name + ".weight");
    return linear(x, name, {spec_.hidden, outputs}, {});
  }

  // x W^T + b as exporters write a linear layer of a matrix.
  std::string gemm(const std::string& x, const std::string& name, std::size_t inputs,
                   std::size_t outputs) {
    const std::string weight = bell(name + ".weight", {signed_size(outputs), signed_size(inputs)},
                                    0, 1 / std::sqrt(static_cast<float>(inputs)));
    const std::string bias = bell(name + ".bias", {signed_size(outputs)}, 0, kBiasDeviation);
    model_.head_weights.insert(weight);
    return graph_.node("Gemm", {x, weight, bias}, name + ".output", {{"transB", std::int64_t{1}}});
  }

  std::string layer_norm(const std::string& x, const std::string& name) {
    const Dims width = {signed_size(spec_.hidden)};
    return graph_.layer_norm(x, bell(name + ".weight", width, 1, kGammaDeviation),
                             bell(name + ".bias", width, 0, kBiasDeviation),
                             spec_.family == Family::kRoberta ? 1e-5F : 1e-12F, name + ".output");
  }

  void inputs() {
    graph_.input("input_ids", DataType::kInt64, {std::nullopt, std::nullopt});
    graph_.input("attention_mask", DataType::kInt64, {std::nullopt, std::nullopt});
    if (spec_.family == Family::kBert)
      graph_.input("token_type_ids", DataType::kInt64, {std::nullopt, std::nullopt});
  }

  struct Table {
    std::size_t rows;
    float deviation;
  };

  std::string table_rows(const std::string& name, const Table& table, const std::string& ids) {
    model_.tables.insert(name + ".weight");
    const std::string weight = bell(
        name + ".weight", {signed_size(table.rows), signed_size(spec_.hidden)}, 0, table.deviation);
    return graph_.node("Gather", {weight, ids}, name + ".output", {{"axis", std::int64_t{0}}});
  }

  // 0, 1, ... up to the length of input_ids: [1, sequence].
  std::string counted_positions(const std::string& name) {
    Tensor all(DataType::kInt64, {1, signed_size(spec_.max_tokens)});
    std::int64_t next = 0;
    for (std::int64_t& position : all.mutable_data<std::int64_t>()) position = next++;
    const std::string table = graph_.constant(name + "/all", std::move(all));
    const std::string shape = graph_.node("Shape", {"input_ids"}, name + "/shape");
    const std::string end = graph_.node("Gather", {shape, graph_.integers(name + "/one", {1})},
                                        name + "/length", {{"axis", std::int64_t{0}}});
    return graph_.node(
        "Slice",
        {table, graph_.integers(name + "/start", {0}), end, graph_.integers(name + "/axis", {1})},
        name);
  }

  // Tokens that are not padding are counted from kRobertaPadding + 1 on.
  std::string roberta_positions(const std::string& name) {
    const std::string padding = graph_.constant(name + "/padding", Tensor::scalar(kRobertaPadding));
    const std::string equal = graph_.node("Equal", {"input_ids", padding}, name + "/is_padding");
    const std::string kept = graph_.cast(graph_.node("Not", {equal}, name + "/is_token"),
                                         DataType::kInt64, name + "/tokens");
    const std::string axis = graph_.constant(name + "/axis", Tensor::scalar(std::int64_t{1}));
    const std::string count = graph_.node("CumSum", {kept, axis}, name + "/count");
    return graph_.node("Add", {graph_.node("Mul", {count, kept}, name + "/masked"), padding}, name);
  }

  // Zeros in the shape of input_ids.
  std::string zero_types(const std::string& name) {
    const std::string shape = graph_.node("Shape", {"input_ids"}, name + "/shape");
    return graph_.node("ConstantOfShape", {shape}, name,
                       {{"value", Tensor::of<std::int64_t>({1}, std::vector<std::int64_t>{0})}});
  }

  std::string embeddings() {
    const std::string base = std::string(names_.base) + ".embeddings.";
    const bool roberta = spec_.family == Family::kRoberta;
    std::string sum =
        table_rows(base + "word_embeddings", {spec_.vocabulary, kWordDeviation}, "input_ids");
    if (spec_.family != Family::kDistilBert) {
      const std::string ids = roberta ? zero_types("token_types") : "token_type_ids";
      const Table types{roberta ? std::size_t{1} : 2, kTypeDeviation};
      sum = graph_.node("Add", {sum, table_rows(base + "token_type_embeddings", types, ids)},
                        base + "words_and_types");
    }
    const std::string positions =
        roberta ? roberta_positions("positions") : counted_positions("positions");
    const std::size_t rows = spec_.max_tokens + (roberta ? kRobertaPadding + 1 : 0);
    sum = graph_.node(
        "Add",
        {sum, table_rows(base + "position_embeddings", {rows, kPositionDeviation}, positions)},
        base + "sum");
    return layer_norm(sum, base + "LayerNorm");
  }

  // BERT adds the smallest float to the scores of padding, DistilBERT replaces them by it.
  void mask() {
    const float least = std::numeric_limits<float>::lowest();
    if (spec_.family == Family::kDistilBert) {
      const std::string zero = graph_.constant("mask/zero", Tensor::scalar(std::int64_t{0}));
      const std::string hidden = graph_.node("Equal", {"attention_mask", zero}, "mask/is_padding");
      mask_ = graph_.unsqueeze(graph_.unsqueeze(hidden, 1, "mask/rows"), 2, "mask");
      least_ = graph_.number("mask/least", least);
      return;
    }
    const std::string rows = graph_.unsqueeze("attention_mask", 1, "mask/rows");
    const std::string all = graph_.unsqueeze(rows, 2, "mask/heads");
    const std::string ones = graph_.cast(all, DataType::kFloat, "mask/float");
    const std::string padding =
        graph_.node("Sub", {graph_.number("mask/one", 1), ones}, "mask/padding");
    mask_ = graph_.node("Mul", {padding, graph_.number("mask/least", least)}, "mask");
  }

  std::string masked(const std::string& scores, const std::string& name) {
    if (spec_.family == Family::kDistilBert)
      return graph_.node("Where", {mask_, least_, scores}, name);
    return graph_.node("Add", {scores, mask_}, name);
  }

  std::string heads_of(const std::string& x, const std::string& name, float gain,
                       const std::vector<std::int64_t>& order) {
    const std::string output = encoder_linear(x, name, {spec_.hidden, spec_.hidden, gain});
    const std::string split = graph_.reshape(
        output, {0, 0, signed_size(spec_.heads), signed_size(spec_.hidden / spec_.heads)},
        name + ".split");
    return graph_.transpose(split, order, name + ".heads");
  }

  std::string attention(const std::string& x, const std::string& layer) {
    const std::string query = heads_of(x, layer + names_.query, kQueryGain, {0, 2, 1, 3});
    const std::string key = heads_of(x, layer + names_.key, kQueryGain, {0, 2, 3, 1});
    const std::string value = heads_of(x, layer + names_.value, kInnerGain, {0, 2, 1, 3});
    const std::string name = layer + "attention.";
    const std::string root =
        graph_.number(name + "root", std::sqrt(static_cast<float>(spec_.hidden / spec_.heads)));
    const std::string scores = graph_.node(
        "Div", {graph_.node("MatMul", {query, key}, name + "products"), root}, name + "scores");
    const std::string probabilities =
        graph_.node("Softmax", {masked(scores, name + "masked")}, name + "probabilities",
                    {{"axis", std::int64_t{-1}}});
    const std::string context = graph_.node("MatMul", {probabilities, value}, name + "context");
    return graph_.reshape(graph_.transpose(context, {0, 2, 1, 3}, name + "by_token"),
                          {0, 0, signed_size(spec_.hidden)}, name + "merged");
  }

  std::string branch(const std::string& x, const std::string& name, const LinearShape& shape) {
    return *model_.branch_outputs.insert(encoder_linear(x, name, shape)).first;
  }

  std::string layer(const std::string& x, const std::string& layer) {
    const std::string context = attention(x, layer);
    const std::string mixed =
        branch(context, layer + names_.attention_output, {spec_.hidden, spec_.hidden, kBranchGain});
    const std::string attended = layer_norm(graph_.node("Add", {mixed, x}, layer + "attention_sum"),
                                            layer + names_.attention_norm);
    const std::string wide =
        branch(attended, layer + names_.ffn_in, {spec_.hidden, spec_.intermediate, kInnerGain});
    const std::string narrow =
        branch(graph_.gelu(wide, layer + "activation"), layer + names_.ffn_out,
               {spec_.intermediate, spec_.hidden, kBranchGain});
    return layer_norm(graph_.node("Add", {narrow, attended}, layer + "output_sum"),
                      layer + names_.output_norm);
  }

  void head(const std::string& hidden) {
    switch (spec_.head) {
      case Head::kQuestionAnswering:
        return span_head(hidden);
      case Head::kClassification:
        return classification_head(hidden);
      case Head::kToken:
        output_as(head_linear(hidden, "classifier", spec_.labels), "logits",
                  {std::nullopt, std::nullopt, signed_size(spec_.labels)});
        return;
      case Head::kEmbedding:
        output_as(hidden, "last_hidden_state",
                  {std::nullopt, std::nullopt, signed_size(spec_.hidden)});
        return;
    }
  }

  void output_as(const std::string& value, const std::string& name,
                 std::vector<std::optional<std::int64_t>> dims) {
    graph_.output(graph_.node("Identity", {value}, name), std::move(dims));
  }

  void span_head(const std::string& hidden) {
    const std::string logits = head_linear(hidden, "qa_outputs", 2);
    const auto [start, end] = graph_.split_pairs(logits, "qa_outputs.halves");
    graph_.output(graph_.squeeze(start, -1, "start_logits"), {std::nullopt, std::nullopt});
    graph_.output(graph_.squeeze(end, -1, "end_logits"), {std::nullopt, std::nullopt});
  }

  void classification_head(const std::string& hidden) {
    const std::string index = graph_.constant("first_token", Tensor::scalar(std::int64_t{0}));
    const std::string first =
        graph_.node("Gather", {hidden, index}, "first_token.output", {{"axis", std::int64_t{1}}});
    const bool distilbert = spec_.family == Family::kDistilBert;
    const bool roberta = spec_.family == Family::kRoberta;
    const std::string pooled = graph_.node(
        distilbert ? "Relu" : "Tanh",
        {gemm(first,
              distilbert ? "pre_classifier" : (roberta ? "classifier.dense" : "bert.pooler.dense"),
              spec_.hidden, spec_.hidden)},
        "pooled");
    output_as(
        gemm(pooled, roberta ? "classifier.out_proj" : "classifier", spec_.hidden, spec_.labels),
        "logits", {std::nullopt, signed_size(spec_.labels)});
  }

  const ModelSpec& spec_;
  const CheckpointNames names_;
  GraphBuilder graph_;
  FloatModel model_;
  std::string mask_, least_;
};

}  // namespace

FloatModel make_float_model(const ModelSpec& spec, const Checkpoint& checkpoint) {
  return FloatModelWriter(spec).write(checkpoint);
}

}  // namespace filigree::tools
