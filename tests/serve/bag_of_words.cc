#include "tests/serve/bag_of_words.h"

#include <utility>

namespace filigree::serve {
namespace {

using loader::DataType;
using loader::Graph;
using loader::Tensor;

loader::Node node(const std::string& op, std::vector<std::string> inputs, const std::string& output,
                  std::vector<loader::Attribute> attributes = {}) {
  return {.op_type = op,
          .domain = {},
          .name = output,
          .inputs = std::move(inputs),
          .outputs = {output},
          .attributes = std::move(attributes)};
}

void add_output(Graph& graph, const std::string& name) {
  graph.outputs.push_back({name, DataType::kFloat, {}});
}

// Column `column` of the rows, [1, tokens].
void add_column(Graph& graph, std::int64_t column, const std::string& name) {
  graph.initializers[name + "_column"] = Tensor::scalar(column);
  graph.nodes.push_back(
      node("Gather", {"rows", name + "_column"}, name, {{"axis", std::int64_t{2}}}));
  add_output(graph, name);
}

std::string location_text(const std::vector<FieldStep>& location) {
  std::string text;
  for (const FieldStep& step : location) {
    text += text.empty() ? "" : ".";
    if (const auto* index = std::get_if<std::size_t>(&step))
      text += std::to_string(*index);
    else
      text += std::get<std::string>(step);
  }
  return text;
}

}  // namespace

std::shared_ptr<const loader::Model> bag_of_words(
    Bag bag, const std::vector<std::pair<std::size_t, std::vector<float>>>& rows) {
  const std::size_t width = rows.at(0).second.size();
  Tensor table(DataType::kFloat,
               {static_cast<std::int64_t>(kWordCount), static_cast<std::int64_t>(width)});
  for (const auto& [id, row] : rows)
    std::copy(row.begin(), row.end(), table.mutable_data<float>().begin() + id * width);
  Graph graph;
  graph.file = "bag.onnx";
  graph.opset = 14;
  graph.inputs.push_back({"input_ids", DataType::kInt64, {}});
  graph.initializers["table"] = std::move(table);
  const std::string gathered = bag == Bag::kToken ? "logits" : "rows";
  graph.nodes.push_back(node("Gather", {"table", "input_ids"}, gathered));
  if (bag == Bag::kSum) {
    graph.initializers["axes"] = Tensor::of<std::int64_t>({1}, std::vector<std::int64_t>{1});
    graph.nodes.push_back(
        node("ReduceSum", {"rows", "axes"}, "logits", {{"keepdims", std::int64_t{0}}}));
  }
  if (bag == Bag::kQuestions) {
    add_column(graph, 0, "start_logits");
    add_column(graph, 1, "end_logits");
  } else {
    add_output(graph, "logits");
  }
  return loader::make_model(graph, {.recognition = loader::LoadOptions::Recognition::kNone});
}

std::shared_ptr<const tokenizer::Tokenizer> words_tokenizer() {
  return std::make_shared<const tokenizer::Tokenizer>(
      tokenizer::Tokenizer::from_vocab(kWords, "vocab.txt"));
}

TaskParts bag_parts(std::shared_ptr<const loader::Model> model, std::vector<std::string> labels) {
  return {.model = std::move(model),
          .tokenizer = words_tokenizer(),
          .config = ModelConfig{
              .file = "config.json", .labels = std::move(labels), .multi_label = false}};
}

std::string answer_text(const Task& task, const loader::Model& model, std::string_view request) {
  auto prepared = task(std::get<Json>(parse_json(request)));
  if (const auto* errors = std::get_if<std::vector<FieldError>>(&prepared)) {
    std::string text;
    for (const FieldError& error : *errors)
      text += (text.empty() ? "" : "; ") + location_text(error.location) + ": " + error.message +
              " (" + error.type + ")";
    return text;
  }
  const PreparedTask& ready = std::get<PreparedTask>(prepared);
  std::vector<runtime::SequenceOutput> outputs;
  for (const runtime::Sequence& sequence : ready.sequences)
    outputs.push_back(runtime::run_rest(model, sequence, {}));
  return to_text(ready.finish(outputs));
}

}  // namespace filigree::serve
