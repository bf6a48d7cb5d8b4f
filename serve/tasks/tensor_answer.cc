#include "serve/tasks/tensor_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace filigree::serve {
namespace {

using Sizes = std::vector<std::int64_t>;

// The double whose shortest text is also the shortest text of `value`.
double shortest(float value) {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  double result = 0;
  std::from_chars(text.data(), written.ptr, result);
  return result;
}

// One output of all sequences, each with batch size 1.
class Stacked {
 public:
  Stacked(const TensorAnswer& answer, std::size_t output,
          std::span<const runtime::SequenceOutput> sequences)
      : answer_(answer), name_(answer.model->output_names.at(output)) {
    for (const runtime::SequenceOutput& sequence : sequences) {
      const loader::Tensor& tensor = sequence.tensors.at(output);
      if (tensor.type() != loader::kDataTypeOf<float> || tensor.dims().empty() ||
          tensor.dims()[0] != 1)
        throw std::runtime_error("output '" + name_ + "' is not float with batch size 1");
      rows_.push_back(&tensor);
    }
    tokens_ = has_tokens();
  }

  Json json() const {
    Sizes shape{rows_.front()->dims().begin(), rows_.front()->dims().end()};
    shape[0] = static_cast<std::int64_t>(rows_.size());
    if (tokens_) shape[1] = static_cast<std::int64_t>(answer_.width);
    Json sizes = Json::array({});
    for (const std::int64_t size : shape) sizes.add(size);
    Json data = Json::array({});
    for (std::size_t row = 0; row < rows_.size(); ++row) add_row(row, shape, data);
    return Json::object({{"name", name_},
                         {"datatype", "FP32"},
                         {"shape", std::move(sizes)},
                         {"data", std::move(data)}});
  }

 private:
  // Two classes of two tokens look like a value for each token; then what the file says decides.
  bool is_fixed(std::int64_t size) const {
    const auto& declared = answer_.model->rest.outputs;
    const auto info = std::ranges::find(declared, name_, &loader::ValueInfo::name);
    return info != declared.end() && info->dims.size() > 1 && info->dims[1] == size;
  }

  bool has_tokens() const {
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const auto& dims = rows_[row]->dims();
      if (dims.size() < 2 || dims[1] != static_cast<std::int64_t>(answer_.tokens.at(row)) ||
          is_fixed(dims[1]))
        return false;
    }
    return true;
  }

  void add_row(std::size_t row, const Sizes& shape, Json& data) const {
    std::size_t expected = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) expected *= static_cast<std::size_t>(shape[i]);
    const auto values = rows_[row]->data<float>();
    if (values.size() > expected || (!tokens_ && values.size() != expected))
      throw std::runtime_error("output '" + name_ + "' has sequences of different shapes");
    for (const float value : values) data.add(shortest(value));
    for (std::size_t i = values.size(); i < expected; ++i) data.add(0.0);
  }

  const TensorAnswer& answer_;
  const std::string& name_;
  std::vector<const loader::Tensor*> rows_;
  bool tokens_ = false;
};

}  // namespace

Json tensor_answer(const TensorAnswer& answer, std::span<const runtime::SequenceOutput> outputs) {
  Json list = Json::array({});
  for (const std::size_t output : answer.outputs) list.add(Stacked(answer, output, outputs).json());
  Json json = Json::object({{"model_name", answer.model_name}});
  if (!answer.id.is_null()) json.add("id", answer.id);
  json.add("outputs", std::move(list));
  return json;
}

}  // namespace filigree::serve
