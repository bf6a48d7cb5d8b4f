#include "serve/tasks/tensor_answer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "serve/tasks/request_fields.h"

namespace filigree::serve {
namespace {

using Sizes = std::vector<std::int64_t>;

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

  // Name, type and shape; `data` or the size of what is appended to `bytes`.
  Json json(TensorForm form, std::string& bytes) const {
    Sizes shape{rows_.front()->dims().begin(), rows_.front()->dims().end()};
    shape[0] = static_cast<std::int64_t>(rows_.size());
    if (tokens_) shape[1] = static_cast<std::int64_t>(answer_.width);
    Json sizes = Json::array({});
    for (const std::int64_t size : shape) sizes.add(size);
    Json json = Json::object({{"name", name_}, {"datatype", "FP32"}, {"shape", std::move(sizes)}});
    if (form == TensorForm::kRaw) {
      const std::size_t before = bytes.size();
      for_each_value(shape, [&](float value) {
        bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
      });
      json.add("parameters", Json::object({{"binary_data_size", bytes.size() - before}}));
    } else {
      Json data = Json::array({});
      for_each_value(shape, [&](float value) { data.add(shortest(value)); });
      json.add("data", std::move(data));
    }
    return json;
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

  template <class Take>
  void for_each_value(const Sizes& shape, Take take) const {
    std::size_t expected = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) expected *= static_cast<std::size_t>(shape[i]);
    for (const loader::Tensor* row : rows_) {
      const auto values = row->data<float>();
      if (values.size() > expected || (!tokens_ && values.size() != expected))
        throw std::runtime_error("output '" + name_ + "' has sequences of different shapes");
      for (const float value : values) take(value);
      for (std::size_t i = values.size(); i < expected; ++i) take(0.0F);
    }
  }

  const TensorAnswer& answer_;
  const std::string& name_;
  std::vector<const loader::Tensor*> rows_;
  bool tokens_ = false;
};

}  // namespace

RawAnswer tensor_answer(const TensorAnswer& answer,
                        std::span<const runtime::SequenceOutput> outputs) {
  RawAnswer result;
  Json list = Json::array({});
  for (const WantedOutput& output : answer.outputs)
    list.add(Stacked(answer, output.index, outputs).json(output.form, result.bytes));
  result.json = Json::object({{"model_name", answer.model_name}});
  if (!answer.id.is_null()) result.json.add("id", answer.id);
  result.json.add("outputs", std::move(list));
  return result;
}

}  // namespace filigree::serve
