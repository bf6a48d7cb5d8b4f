#include "loader/encoder_pattern.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "loader/passes/prune.h"
#include "loader/passes/rewrite.h"
#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

std::vector<const Node*> attentions(const GraphIndex& index) {
  std::vector<const Node*> found;
  for (const Node& node : index.graph().nodes)
    if (is_attention(index, node)) found.push_back(&node);
  if (!found.empty()) return found;
  if (index.graph().nodes.empty()) throw Mismatch("found a graph without nodes");
  const Node& last = index.graph().nodes.back();
  throw Mismatch(last, "the end of a graph without attention",
                 "a Softmax of the product of queries and keys");
}

// Embeddings behind the first attention. The inputs of tables must be known before samples can be
// made, and samples before the attention can be matched: so the way back to the embeddings is
// looked for without proofs first.
const Node* first_linear_behind(const GraphIndex& index, const Node& softmax) {
  std::unordered_set<const Node*> seen;
  std::vector<const Node*> open = {&softmax};
  const Node* first = nullptr;
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    if (node == nullptr || !seen.insert(node).second || is_operator(node, "Shape")) continue;
    if (is_linear(node)) {
      if (first == nullptr || node < first) first = node;
      continue;
    }
    for (const std::string& input : node->inputs) open.push_back(index.producer(input));
  }
  if (first == nullptr)
    throw Mismatch(softmax, "no linear layer before it", "attention over linear layers");
  return first;
}

// Values that the encoder computes: they depend on what its tables give, and its output depends on
// them.
std::unordered_set<std::string> encoder_values(const Graph& graph, const EncoderMatch& match) {
  std::unordered_set<std::string> after;
  for (const TableMatch& table : match.embeddings.tables) after.insert(table.gather->outputs[0]);
  for (const Node& node : graph.nodes)
    if (std::ranges::any_of(node.inputs, [&](const auto& name) { return after.contains(name); }))
      after.insert(node.outputs.begin(), node.outputs.end());
  std::unordered_set<std::string> before = {match.output};
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    if (std::ranges::any_of(node.outputs, [&](const auto& name) { return before.contains(name); }))
      before.insert(node.inputs.begin(), node.inputs.end());
  }
  std::erase_if(after, [&](const std::string& name) { return !before.contains(name); });
  after.erase(match.output);
  return after;
}

void expect_weight(const GraphIndex& index, const Node& linear, std::int64_t inputs,
                   std::int64_t outputs) {
  const Dims& dims = index.constant(weight_name(linear))->dims();
  if (dims != Dims{inputs, outputs})
    throw Mismatch(linear, "a weight of shape " + shape_text(dims),
                   shape_text(Dims{inputs, outputs}));
}

// What a layer reads is rounded by the normalisation before it.
void check_first_residual(const EncoderMatch& match) {
  if (match.layers[0].attention_pair != nullptr && match.embeddings.norm == nullptr)
    throw Mismatch(*match.layers[0].attention_pair, "a pair behind the sum of the embeddings",
                   "one behind a normalisation");
}

// One hidden size, head count and intermediate size for all layers.
void check_uniform(const GraphIndex& index, const EncoderMatch& match) {
  const LayerMatch& first = match.layers.front();
  const std::int64_t hidden = index.constant(weight_name(*first.attention.query))->dims()[0];
  const std::int64_t intermediate = index.constant(weight_name(*first.ffn_in))->dims()[1];
  if (hidden == 0 || intermediate == 0)
    throw Mismatch(*first.ffn_in, "a linear layer without inputs or outputs",
                   "a feed-forward part");
  for (const LayerMatch& layer : match.layers) {
    const AttentionMatch& attention = layer.attention;
    if (attention.heads != first.attention.heads || attention.heads * attention.head_size != hidden)
      throw Mismatch(
          *attention.scores,
          std::to_string(attention.heads) + " heads of " + std::to_string(attention.head_size),
          std::to_string(first.attention.heads) + " heads that share " + std::to_string(hidden) +
              " features");
    for (const Node* linear : {attention.query, attention.key, attention.value, attention.output})
      expect_weight(index, *linear, hidden, hidden);
    expect_weight(index, *layer.ffn_in, hidden, intermediate);
    expect_weight(index, *layer.ffn_out, intermediate, hidden);
  }
}

}  // namespace

EncoderMatch match_encoder(const GraphIndex& index) {
  EncoderMatch match;
  const std::vector<const Node*> softmaxes = attentions(index);
  const Node& first = *first_linear_behind(index, *softmaxes.front());
  match.embeddings = match_embeddings(index, first.inputs[0], first);
  SampleContext context(index, match.embeddings.inputs);
  classify_tables(context, match.embeddings);
  match.output = match.embeddings.output;
  for (const Node* softmax : softmaxes) {
    AttentionMatch attention = match_attention(context, *softmax);
    if (attention.input != match.output)
      throw Mismatch(*attention.query, "input " + quoted_name(attention.input),
                     "the output of the layer before, " + quoted_name(match.output));
    match.layers.push_back(match_layer(index, std::move(attention)));
    if (match.layers.size() == 1) check_first_residual(match);
    match.output = match.layers.back().output;
  }
  // Every shape inside the encoder is checked on the way to its output.
  for (Sample& sample : context.samples()) sample.run.value(match.output);
  check_uniform(index, match);
  return match;
}

Graph rest_of_graph(const Graph& graph, const EncoderMatch& match) {
  Graph rest = graph;
  std::erase_if(rest.nodes, [&](const Node& node) {
    return std::ranges::find(node.outputs, match.output) != node.outputs.end();
  });
  prune(rest);
  const std::unordered_set<std::string> inside = encoder_values(graph, match);
  const auto is_inside = [&](const std::string& name) { return inside.contains(name); };
  for (const Node& node : rest.nodes)
    for (const std::string& input : node.inputs)
      if (is_inside(input) && std::ranges::none_of(node.outputs, is_inside))
        throw Mismatch(node, "that it reads " + quoted_name(input) + " inside the encoder",
                       "that only the last hidden state " + quoted_name(match.output) + " is read");
  for (const ValueInfo& output : graph.outputs)
    if (is_inside(output.name))
      throw Mismatch("output " + quoted_name(output.name) +
                     ": found a value inside the encoder, expected only its last hidden state " +
                     quoted_name(match.output));
  std::unordered_set<std::string> read;
  for (const Node& node : rest.nodes) read.insert(node.inputs.begin(), node.inputs.end());
  std::erase_if(rest.inputs, [&](const ValueInfo& input) { return !read.contains(input.name); });
  rest.inputs.push_back(
      {match.output, DataType::kFloat, {std::nullopt, std::nullopt, std::nullopt}});
  return rest;
}

void check_rest(const Graph& rest, const EncoderMatch& match, std::int64_t hidden_size) {
  constexpr std::int64_t kBatch = 2;
  constexpr std::int64_t kTokens = 5;
  const GraphIndex index(rest);
  try {
    Values inputs;
    for (const ValueInfo& input : rest.inputs)
      inputs.emplace(input.name, input.name == match.output
                                     ? Tensor(DataType::kFloat, {kBatch, kTokens, hidden_size})
                                     : filled_input(input, {kBatch, kTokens}, 1));
    SampleRun run(index, std::move(inputs));
    for (const ValueInfo& output : rest.outputs) run.value(output.name);
  } catch (const Mismatch&) {
    // An operator or type that samples do not cover is no error: the interpreter will meet it with
    // real input.
    return;
  }
}

}  // namespace filigree::loader
