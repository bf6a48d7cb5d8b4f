#include "loader/interpreter.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "loader/error.h"
#include "loader/give_way.h"
#include "loader/operators/cast_value.h"
#include "loader/operators/operator.h"

namespace filigree::loader {
namespace {

// The opsets whose semantics the operators follow. Older ones differ (Slice with attributes,
// broadcasting on demand).
constexpr std::int64_t kOldestOpset = 11;
constexpr std::int64_t kNewestOpset = 23;

std::string call_text(const Node& node, std::span<const Tensor> inputs, std::int64_t opset) {
  std::string text = node_text(node) + ": " + (node.domain.empty() ? "" : node.domain + "::") +
                     node.op_type + " of opset " + std::to_string(opset) + " with inputs (";
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (i > 0) text += ", ";
    text += inputs[i].empty() ? "none"
                              : std::string(data_type_name(inputs[i].type())) + " " +
                                    shape_text(inputs[i].dims());
  }
  return text + "): ";
}

bool lists(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

// An attribute that is ignored would change the result silently.
void check_attributes(const Node& node, const Operator& known) {
  for (const Attribute& attribute : node.attributes) {
    if (const auto* unread = std::get_if<UnreadValue>(&attribute.value))
      throw UnsupportedError("attribute " + quoted_name(attribute.name) + " of kind " +
                             unread->kind + " is not implemented");
    if (!lists(known.attributes, attribute.name))
      throw UnsupportedError("attribute " + quoted_name(attribute.name) + " is not implemented");
  }
}

std::vector<Tensor> apply(const Operator& known, const Call& call) {
  const bool has_half = std::any_of(
      call.inputs.begin(), call.inputs.end(),
      [](const Tensor& input) { return !input.empty() && input.type() == DataType::kFloat16; });
  if (!has_half || known.half == Half::kNative) return known.function(call);
  std::vector<Tensor> widened;
  for (const Tensor& input : call.inputs)
    widened.push_back(!input.empty() && input.type() == DataType::kFloat16
                          ? cast(input, DataType::kFloat)
                          : input);
  std::vector<Tensor> outputs = known.function({call.node, widened, call.opset});
  for (Tensor& output : outputs)
    if (output.type() == DataType::kFloat) output = cast(output, DataType::kFloat16);
  return outputs;
}

std::vector<Tensor> evaluate_known(const Call& call) {
  const Operator* known = find_operator(call.node.domain, call.node.op_type);
  if (known == nullptr) throw UnsupportedError("the operator is not implemented");
  if (call.opset < kOldestOpset || call.opset > kNewestOpset)
    throw UnsupportedError("the opset is not implemented, expected " +
                           std::to_string(kOldestOpset) + " to " + std::to_string(kNewestOpset));
  check_attributes(call.node, *known);
  std::vector<Tensor> outputs = apply(*known, call);
  if (outputs.size() < call.node.outputs.size())
    throw UnsupportedError("has " + std::to_string(call.node.outputs.size()) +
                           " outputs, expected at most " + std::to_string(outputs.size()));
  outputs.resize(call.node.outputs.size());
  return outputs;
}

// Nodes that the wanted values need, as indices in graph order.
class Plan {
 public:
  Plan(const Graph& graph, const Values& feeds, std::span<const std::string> wanted)
      : graph_(graph), feeds_(feeds) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
      for (const std::string& output : graph.nodes[i].outputs)
        if (!output.empty()) producer_.emplace(output, i);
    needed_.resize(graph.nodes.size(), false);
    for (const std::string& name : wanted) use(name);
    while (!pending_.empty()) {
      const Node& node = graph.nodes[pending_.back()];
      pending_.pop_back();
      for (const std::string& input : node.inputs)
        if (!input.empty()) use(input);
    }
  }

  bool needs(std::size_t node) const { return needed_[node]; }
  // How often the value is still to be read; counts one read down.
  bool was_last_use(std::string_view name) { return --uses_.at(name) == 0; }
  bool is_used(std::string_view name) const { return uses_.contains(name); }

 private:
  void use(const std::string& name) {
    ++uses_[name];
    if (feeds_.contains(name) || graph_.initializers.contains(name)) return;
    const auto producer = producer_.find(name);
    if (producer == producer_.end())
      throw FormatError("value " + quoted_name(name) +
                        " is neither fed nor computed, expected it among the feeds");
    if (!needed_[producer->second]) pending_.push_back(producer->second);
    needed_[producer->second] = true;
  }

  const Graph& graph_;
  const Values& feeds_;
  std::unordered_map<std::string_view, std::size_t> producer_;
  std::unordered_map<std::string_view, std::size_t> uses_;
  std::vector<bool> needed_;
  std::vector<std::size_t> pending_;
};

void check_not_function(const Graph& graph, const Node& node) {
  const std::string name = node.domain + "::" + node.op_type;
  if (std::find(graph.functions.begin(), graph.functions.end(), name) != graph.functions.end())
    throw UnsupportedError(node_text(node) + " calls model-local function " + quoted_name(name) +
                           ", which is not implemented; expected a model with functions inlined");
}

class Run {
 public:
  Run(const Graph& graph, const Values& feeds, std::span<const std::string> wanted)
      : graph_(graph), feeds_(feeds), wanted_(wanted), plan_(graph, feeds, wanted) {}

  std::vector<Tensor> outputs() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
      if (plan_.needs(i)) compute(graph_.nodes[i]);
    std::vector<Tensor> result;
    for (const std::string& name : wanted_) result.push_back(value(name));
    return result;
  }

 private:
  void compute(const Node& node) {
    check_not_function(graph_, node);
    std::vector<Tensor> inputs;
    for (const std::string& name : node.inputs)
      inputs.push_back(name.empty() ? Tensor() : value(name));
    std::vector<Tensor> outputs = evaluate(node, inputs, graph_.opset);
    for (const std::string& name : node.inputs)
      if (!name.empty() && plan_.was_last_use(name)) computed_.erase(name);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      if (plan_.is_used(node.outputs[i])) computed_.insert_or_assign(node.outputs[i], outputs[i]);
  }

  Tensor value(const std::string& name) const {
    if (const auto fed = feeds_.find(name); fed != feeds_.end()) return fed->second;
    if (const auto found = computed_.find(name); found != computed_.end()) return found->second;
    if (const auto found = graph_.initializers.find(name); found != graph_.initializers.end())
      return found->second;
    throw FormatError("value " + quoted_name(name) +
                      " is read before it is computed, expected nodes in topological order");
  }

  const Graph& graph_;
  const Values& feeds_;
  std::span<const std::string> wanted_;
  Plan plan_;
  std::unordered_map<std::string_view, Tensor> computed_;
};

}  // namespace

bool is_implemented(const Node& node) noexcept {
  return find_operator(node.domain, node.op_type) != nullptr;
}

std::vector<Tensor> evaluate(const Node& node, std::span<const Tensor> inputs, std::int64_t opset) {
  give_way();
  return with_context([&] { return call_text(node, inputs, opset); },
                      [&] {
                        return evaluate_known({node, inputs, opset});
                      });
}

std::vector<Tensor> run_graph(const Graph& graph, const Values& feeds,
                              std::span<const std::string> wanted) {
  return with_context([&] { return graph.file + ": "; },
                      [&] { return Run(graph, feeds, wanted).outputs(); });
}

}  // namespace filigree::loader
