#include "tools/compress/layer_choice.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

constexpr std::size_t kMostPercent = 99;

bool matches(const EncoderLinear& linear, const std::string& pattern) {
  return matches_pattern(linear.name, pattern) || matches_pattern(linear.value, pattern) ||
         matches_pattern(linear.stored.initializer, pattern);
}

std::vector<PruningTarget> encoder_targets(std::span<const EncoderLinear> linears,
                                           std::size_t percent) {
  std::vector<PruningTarget> targets;
  std::set<std::string> stored;
  for (const EncoderLinear& linear : linears) {
    if (!stored.insert(linear.stored.initializer).second)
      throw InputError("weight '" + linear.stored.initializer + "' of " + linear.name +
                       " belongs to another layer, too; models that share weights between layers "
                       "are not pruned");
    targets.push_back({linear.name, linear.stored, percent, &linear});
  }
  return targets;
}

// A matrix that no pattern reaches, only its own name.
PruningTarget other_target(const loader::Graph& graph, const LayerSparsity& choice) {
  const loader::GraphIndex index(graph);
  const loader::Tensor* tensor = stored_tensor(index, choice.name);
  if (tensor == nullptr || tensor->dims().size() != 2)
    throw UsageError("--layer '" + choice.name +
                     "' matches no linear layer of the encoder (they are called 'layer 0 query', "
                     "'layer 0 ffn in' and so on) and no other matrix of the model");
  PruningTarget target{choice.name, {choice.name, WeightLayout::kOutputsInputs}, choice.percent};
  const loader::Node* product = multiplying_node(index, choice.name);
  if (product != nullptr &&
      (product->op_type == "MatMul" || loader::int_attribute(*product, "transB", 0) == 0))
    target.stored.layout = WeightLayout::kInputsOutputs;
  return target;
}

}  // namespace

LayerSparsity parse_layer_sparsity(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  LayerSparsity choice{text.substr(0, equals), 0};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = equals == std::string::npos
                                 ? std::from_chars_result{end, std::errc::invalid_argument}
                                 : std::from_chars(text.data() + equals + 1, end, choice.percent);
  if (error != std::errc{} || stop != end || choice.name.empty() || choice.percent > kMostPercent)
    throw UsageError("--layer is '" + text +
                     "', expected NAME=PERCENT with a whole number from 0 to 99");
  return choice;
}

bool matches_pattern(std::string_view name, std::string_view pattern) noexcept {
  // Where the last '*' was, and how much of the name it has taken so far.
  std::size_t n = 0, p = 0, star = std::string_view::npos, taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::vector<PruningTarget> pruning_targets(const loader::Graph& graph,
                                           std::span<const EncoderLinear> linears,
                                           std::size_t percent,
                                           std::span<const LayerSparsity> choices) {
  std::vector<PruningTarget> targets = encoder_targets(linears, percent);
  for (const LayerSparsity& choice : choices) {
    bool found = false;
    for (PruningTarget& target : targets) {
      const bool named = target.linear == nullptr ? target.name == choice.name
                                                  : matches(*target.linear, choice.name);
      if (named) target.percent = choice.percent;
      found |= named;
    }
    if (!found) targets.push_back(other_target(graph, choice));
  }
  return targets;
}

}  // namespace filigree::tools
