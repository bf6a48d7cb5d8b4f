// What a packed file stores of a model, field by field in one order for writing and reading. An
// Archive has kReads, raw(value) for numbers, count(size) for lengths, fail(text), tensor(Tensor)
// and weights(PackedWeights); writers see const objects. Internal to the loader.
#pragma once

#include <concepts>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "loader/model.h"
#include "loader/packed_file.h"

namespace filigree::loader {

// A section of the file: the storage of a matrix or the bytes of a large tensor.
struct PackedSection {
  std::uint64_t offset = 0, bytes = 0, hash = 0;
};

template <class T, class U>
concept Like = std::same_as<std::remove_const_t<T>, U>;

template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<std::vector<T>> = true;
template <>
inline constexpr bool kIsList<std::string> = true;

// Of types in whose namespaces field() would not find them.
template <class Archive, Like<kernels::PackedWeights> T>
void fields(Archive& a, T& weights);
template <class Archive, Like<kernels::Quantization> T>
void fields(Archive& a, T& values);
template <class Archive, Like<kernels::Requantization> T>
void fields(Archive& a, T& values);
template <class Archive, Like<std::optional<std::int64_t>> T>
void fields(Archive& a, T& dim);

template <class Archive, class T>
void field(Archive& archive, T& value) {
  using Value = std::remove_const_t<T>;
  if constexpr (std::is_arithmetic_v<Value>) {
    archive.raw(value);
  } else if constexpr (kIsList<Value>) {
    std::size_t count = value.size();
    archive.count(count);
    if constexpr (Archive::kReads) value.resize(count);
    for (auto& element : value) field(archive, element);
  } else {
    fields(archive, value);
  }
}

template <class Archive, class T, class... More>
void field(Archive& archive, T& value, More&... more) {
  field(archive, value);
  (field(archive, more), ...);
}

// An enumeration of `count` values from 0 on.
template <class Archive, class T>
void choice(Archive& archive, T& value, std::uint32_t count) {
  auto number = static_cast<std::uint32_t>(value);
  archive.raw(number);
  if (number >= count) archive.fail("unknown kind " + std::to_string(number));
  if constexpr (Archive::kReads) value = static_cast<T>(number);
}

template <class Archive, class T>
void optional_field(Archive& archive, T& value) {
  bool present = value.has_value();
  choice(archive, present, 2);
  if constexpr (Archive::kReads)
    if (present) value.emplace();
  if (present) field(archive, *value);
}

template <class Archive, Like<PackedSource::File> T>
void fields(Archive& a, T& file) {
  field(a, file.location, file.bytes, file.modified);
}
template <class Archive, Like<PackedSource> T>
void fields(Archive& a, T& source) {
  field(a, source.isa, source.options, source.files, source.content);
}
template <class Archive, Like<PackedSection> T>
void fields(Archive& a, T& section) {
  field(a, section.offset, section.bytes, section.hash);
}
template <class Archive, Like<Tensor> T>
void fields(Archive& a, T& tensor) {
  a.tensor(tensor);
}
template <class Archive, Like<kernels::PackedWeights> T>
void fields(Archive& a, T& weights) {
  a.weights(weights);
}
template <class Archive, Like<kernels::Quantization> T>
void fields(Archive& a, T& values) {
  field(a, values.scale, values.zero_point);
}
template <class Archive, Like<kernels::Requantization> T>
void fields(Archive& a, T& values) {
  field(a, values.factor, values.zero_point);
}
template <class Archive, Like<DataType> T>
void fields(Archive& a, T& type) {
  auto number = static_cast<std::int32_t>(type);
  a.raw(number);
  const auto known = data_type_from_onnx(number);
  if (!known) a.fail("unknown element type " + std::to_string(number));
  if constexpr (Archive::kReads) type = *known;
}

template <class Archive, Like<LayerNorm> T>
void fields(Archive& a, T& norm) {
  field(a, norm.gamma, norm.beta, norm.eps);
  optional_field(a, norm.rounding);
}
template <class Archive, Like<Linear> T>
void fields(Archive& a, T& linear) {
  field(a, linear.name, linear.weights, linear.bias, linear.scale, linear.offset);
  optional_field(a, linear.input);
  optional_field(a, linear.rounding);
}
template <class Archive, Like<IntegerAttention> T>
void fields(Archive& a, T& integer) {
  field(a, integer.q, integer.k, integer.p, integer.v, integer.out_scale);
  optional_field(a, integer.score_rounding);
  optional_field(a, integer.out_rounding);
}
template <class Archive, Like<EncoderLayer> T>
void fields(Archive& a, T& layer) {
  field(a, layer.query, layer.key, layer.value, layer.attention_output, layer.ffn_in,
        layer.ffn_out);
  field(a, layer.attention_norm, layer.output_norm, layer.score_scale);
  choice(a, layer.activation, 2);
  optional_field(a, layer.integer_attention);
}
template <class Archive, Like<Embeddings::Table> T>
void fields(Archive& a, T& table) {
  choice(a, table.input, 3);
  field(a, table.name, table.tensor, table.view.scale, table.view.zero_point);
}
template <class Archive, Like<Encoder> T>
void fields(Archive& a, T& encoder) {
  field(a, encoder.hidden_size, encoder.heads, encoder.head_size, encoder.intermediate_size);
  field(a, encoder.embeddings.tables);
  optional_field(a, encoder.embeddings.norm);
  field(a, encoder.layers, encoder.output);
}

template <class Archive, Like<UnreadValue> T>
void fields(Archive& a, T& value) {
  field(a, value.kind);
}
template <std::size_t I, class Archive, class Variant>
void alternative(Archive& a, Variant& value, std::size_t index) {
  if constexpr (I < std::variant_size_v<std::remove_const_t<Variant>>) {
    if (index != I) return alternative<I + 1>(a, value, index);
    if constexpr (Archive::kReads) value.template emplace<I>();
    field(a, std::get<I>(value));
  }
}
template <class Archive, Like<Attribute> T>
void fields(Archive& a, T& attribute) {
  std::size_t index = attribute.value.index();
  choice(a, index, std::variant_size_v<decltype(Attribute::value)>);
  field(a, attribute.name);
  alternative<0>(a, attribute.value, index);
}
template <class Archive, Like<Node> T>
void fields(Archive& a, T& node) {
  field(a, node.op_type, node.domain, node.name, node.inputs, node.outputs, node.attributes);
}
template <class Archive, Like<std::optional<std::int64_t>> T>
void fields(Archive& a, T& dim) {
  optional_field(a, dim);
}
template <class Archive, Like<ValueInfo> T>
void fields(Archive& a, T& info) {
  field(a, info.name, info.dims);
  optional_field(a, info.type);
}
template <class Archive, Like<std::map<std::string, Tensor>> T>
void fields(Archive& a, T& tensors) {
  std::size_t count = tensors.size();
  a.count(count);
  if constexpr (Archive::kReads) {
    for (; count > 0; --count) {
      std::string name;
      Tensor tensor;
      field(a, name, tensor);
      if (!tensors.emplace(name, std::move(tensor)).second)
        a.fail("initializer " + quoted_name(name) + " is there twice");
    }
  } else {
    for (auto& [name, tensor] : tensors) field(a, name, tensor);
  }
}
template <class Archive, Like<Graph> T>
void fields(Archive& a, T& graph) {
  field(a, graph.opset, graph.nodes, graph.initializers, graph.inputs, graph.outputs,
        graph.functions);
}

template <class Archive, Like<MatrixInfo> T>
void fields(Archive& a, T& matrix) {
  field(a, matrix.name, matrix.rows, matrix.cols, matrix.nonzeros, matrix.packed_bytes, matrix.form,
        matrix.kernel);
}
// Not: file, weight_memory and blocks, which belong to a process.
template <class Archive, Like<Model> T>
void fields_before_encoder(Archive& a, T& model) {
  field(a, model.rest, model.input_names, model.output_names, model.warnings, model.matrices,
        model.file_bytes, model.memory_bytes);
}
template <class Archive, Like<Model> T>
void fields(Archive& a, T& model) {
  fields_before_encoder(a, model);
  optional_field(a, model.encoder);
}

}  // namespace filigree::loader
