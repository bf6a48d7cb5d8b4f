#include "loader/pattern/sample_context.h"

#include <algorithm>
#include <utility>

#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

template <class T>
Tensor filled(const Dims& dims, T value) {
  Tensor tensor(kDataTypeOf<T>, dims);
  std::ranges::fill(tensor.mutable_data<T>(), value);
  return tensor;
}

void check_dims(const ValueInfo& input) {
  const bool unknown = input.dims.empty();
  const bool free = input.dims.size() == 2 && !input.dims[0] && !input.dims[1];
  if (unknown || free) return;
  std::string found = "[";
  for (const std::optional<std::int64_t>& dim : input.dims)
    found += (found.size() > 1 ? ", " : "") + (dim ? std::to_string(*dim) : std::string("free"));
  throw Mismatch("input " + quoted_name(input.name) + ": found shape " + found +
                 "], expected [batch, tokens], both free");
}

// Ones where SampleContext::is_kept, zeros (all bytes 0, whatever the type) elsewhere.
Tensor with_zeros(const Tensor& ones) {
  Tensor result(ones.type(), ones.dims());
  const std::size_t element = element_bytes(ones.type());
  const std::int64_t tokens = ones.dims()[1];
  for (std::int64_t i = 0; i < ones.dims()[0] * tokens; ++i)
    if (SampleContext::is_kept(i / tokens, i % tokens))
      std::ranges::copy(ones.bytes().subspan(static_cast<std::size_t>(i) * element, element),
                        result.mutable_bytes().begin() +
                            static_cast<std::ptrdiff_t>(i) * static_cast<std::ptrdiff_t>(element));
  return result;
}

}  // namespace

Tensor filled_input(const ValueInfo& input, const Dims& dims, int value) {
  switch (input.type.value_or(DataType::kInt64)) {
    case DataType::kInt64:
      return filled<std::int64_t>(dims, value);
    case DataType::kInt32:
      return filled<std::int32_t>(dims, value);
    case DataType::kBool:
      return filled<bool>(dims, value != 0);
    case DataType::kFloat:
      return filled<float>(dims, static_cast<float>(value));
    default:
      throw Mismatch("input " + quoted_name(input.name) + ": found element type " +
                     std::string(data_type_name(*input.type)) +
                     ", expected INT64, INT32, BOOL or FLOAT");
  }
}

SampleContext::SampleContext(const GraphIndex& index, std::set<std::string> zero_inputs)
    : index_(&index), zero_inputs_(std::move(zero_inputs)) {
  for (const ValueInfo& input : index.graph().inputs) check_dims(input);
  for (const auto& [batch, tokens] : {std::pair<std::int64_t, std::int64_t>{2, 5},
                                      std::pair<std::int64_t, std::int64_t>{3, kLongestSample},
                                      std::pair<std::int64_t, std::int64_t>{1, 1}})
    samples_.push_back({batch, tokens, SampleRun(index, inputs(batch, tokens))});
}

Values SampleContext::inputs(std::int64_t batch, std::int64_t tokens) const {
  Values values;
  for (const ValueInfo& input : index_->graph().inputs)
    values.emplace(input.name,
                   filled_input(input, {batch, tokens}, zero_inputs_.contains(input.name) ? 0 : 1));
  return values;
}

Sample& SampleContext::masked(const std::string& mask_input) {
  std::unique_ptr<Sample>& sample = masked_[mask_input];
  if (sample == nullptr) {
    Values values = inputs(3, 6);
    values.at(mask_input) = with_zeros(values.at(mask_input));
    sample = std::make_unique<Sample>(Sample{3, 6, SampleRun(*index_, std::move(values))});
  }
  return *sample;
}

Sample SampleContext::sample_of_length(std::int64_t tokens) const {
  return {1, tokens, SampleRun(*index_, inputs(1, tokens))};
}

std::optional<double> SampleContext::scalar(const std::string& value) {
  if (const Tensor* constant = index_->constant(value)) {
    const std::optional<float> number = float_scalar(constant);
    return number ? std::optional<double>(*number) : std::nullopt;
  }
  if (index_->producer(value) == nullptr || !content_inputs(*index_, value).empty())
    return std::nullopt;
  std::optional<float> common;
  for (Sample& sample : samples_) {
    const std::optional<float> number = float_scalar(&sample.run.value(value));
    if (!number || (common && *common != *number)) return std::nullopt;
    common = number;
  }
  return common;
}

}  // namespace filigree::loader
