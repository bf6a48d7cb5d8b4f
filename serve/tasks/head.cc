#include "serve/tasks/head.h"

#include <algorithm>
#include <stdexcept>

#include "runtime/model_rest.h"

namespace filigree::serve {
namespace {

using loader::DataType;
using loader::Tensor;

std::string expectation(HeadRows rows, std::string_view preferred, std::string_view task) {
  return std::string(task) + " expected '" + std::string(preferred) + "' of shape " +
         (rows == HeadRows::kSequence ? "[1, labels]" : "[1, tokens, width]");
}

std::size_t output_index(const loader::Model& model, std::string_view preferred,
                         const std::string& expected) {
  const auto& names = model.output_names;
  const auto found = std::ranges::find(names, preferred);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  if (names.size() == 1) return 0;
  throw std::runtime_error(model.file + ": outputs are " + joined(names) + ", " + expected);
}

// What the model gives for a sequence of `tokens` tokens number 0 whose hidden state is zero.
Tensor sample(const loader::Model& model, std::size_t output, std::size_t tokens) {
  const runtime::Sequence sequence{.ids = std::vector<std::int32_t>(tokens), .type_ids = {}};
  Tensor hidden;
  if (model.encoder)
    hidden = Tensor(DataType::kFloat, {1, static_cast<std::int64_t>(tokens),
                                       static_cast<std::int64_t>(model.encoder->hidden_size)});
  return runtime::run_rest(model, sequence, hidden).tensors.at(output);
}

bool fits(const Tensor& tensor, HeadRows rows, std::size_t tokens, std::int64_t width) {
  if (tensor.type() != DataType::kFloat && tensor.type() != DataType::kFloat16) return false;
  if (rows == HeadRows::kSequence) return tensor.dims() == loader::Dims{1, width};
  return tensor.dims() == loader::Dims{1, static_cast<std::int64_t>(tokens), width};
}

}  // namespace

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

Head find_head(const loader::Model& model, HeadRows rows, std::string_view preferred,
               std::string_view task) {
  const std::string expected = expectation(rows, preferred, task);
  Head head;
  head.output = output_index(model, preferred, expected);
  head.name = model.output_names[head.output];
  std::int64_t width = 0;
  // Two lengths tell a number of labels from a number of tokens.
  for (const std::size_t tokens : {2, 3}) {
    const Tensor tensor = sample(model, head.output, tokens);
    if (width == 0 && !tensor.dims().empty()) width = tensor.dims().back();
    if (width == 0 || !fits(tensor, rows, tokens, width))
      throw std::runtime_error(model.file + ": output '" + head.name + "' is " +
                               std::string(loader::data_type_name(tensor.type())) + " " +
                               loader::shape_text(tensor.dims()) + " for a sequence of " +
                               std::to_string(tokens) + " tokens, " + expected);
  }
  head.width = static_cast<std::size_t>(width);
  return head;
}

std::vector<float> output_values(const runtime::SequenceOutput& outputs, std::size_t output,
                                 std::size_t count) {
  if (output >= outputs.tensors.size())
    throw std::runtime_error("the model gave " + std::to_string(outputs.tensors.size()) +
                             " outputs, the task needs number " + std::to_string(output + 1));
  const Tensor& tensor = outputs.tensors[output];
  if (tensor.empty() || tensor.size() != count)
    throw std::runtime_error("the model gave an output of shape " +
                             loader::shape_text(tensor.dims()) + ", expected " +
                             std::to_string(count) + " values");
  if (tensor.type() == DataType::kFloat) {
    const auto values = tensor.data<float>();
    return {values.begin(), values.end()};
  }
  if (tensor.type() != DataType::kFloat16)
    throw std::runtime_error("the model gave an output of type " +
                             std::string(loader::data_type_name(tensor.type())) +
                             ", expected FLOAT or FLOAT16");
  std::vector<float> values(count);
  loader::half_to_float(tensor.half_bits(), values);
  return values;
}

}  // namespace filigree::serve
