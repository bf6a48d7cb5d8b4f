#include "loader/pattern/embeddings.h"

#include <algorithm>
#include <utility>

#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

// A model whose positions are checked at load one by one cannot have more than this.
constexpr std::int64_t kMaxPositions = 1 << 17;

// The graph input behind casts, or nullopt.
std::optional<std::string> plain_input(const GraphIndex& index, std::string value) {
  while (const Node* node = index.producer(value)) {
    if (!is_operator(node, "Cast") && !is_operator(node, "Identity")) return std::nullopt;
    value = input_name(*node, 0);
  }
  return index.constant(value) == nullptr ? std::optional(value) : std::nullopt;
}

TableMatch match_table(const GraphIndex& index, const std::string& value, const Node& reader) {
  TableMatch match;
  const Node* node = index.producer(value);
  if (is_operator(node, "Cast") &&
      int_attribute(*node, "to", 0) == static_cast<std::int64_t>(DataType::kFloat))
    node = index.producer(input_name(*node, 0));
  if (is_operator(node, "DequantizeLinear")) {
    match.dequantize = node;
    node = index.producer(input_name(*node, 0));
  }
  if (node == nullptr)
    throw Mismatch(reader, quoted_name(value) + ", which no node computes",
                   "rows gathered from an embedding table");
  const Tensor* table = index.constant(input_name(*node, 0));
  if (!is_operator(node, "Gather") || node->inputs.size() != 2 || table == nullptr ||
      table->dims().size() != 2 || int_attribute(*node, "axis", 0) != 0)
    throw Mismatch(*node, node->op_type, "a Gather of rows of a constant table");
  match.gather = node;
  match.table = node->inputs[0];
  return match;
}

// The operands of nested additions in the order in which they are summed: ((a + b) + c) + d.
void match_sum(const GraphIndex& index, const std::string& value, const Node& reader,
               EmbeddingsMatch& match) {
  std::vector<TableMatch> backwards;
  std::string current = value;
  const Node* above = &reader;
  while (const Node* sum = index.producer(current, "Add")) {
    const std::string& first = input_name(*sum, 0);
    const std::string& second = input_name(*sum, 1);
    const bool nested_second = index.producer(second, "Add") != nullptr;
    if (nested_second && index.producer(first, "Add") != nullptr)
      throw Mismatch(*sum, "a sum of two sums", "embeddings that are added one after another");
    backwards.push_back(match_table(index, nested_second ? first : second, *sum));
    current = nested_second ? second : first;
    above = sum;
  }
  backwards.push_back(match_table(index, current, *above));
  match.tables.assign(backwards.rbegin(), backwards.rend());
}

bool counts_up(const Tensor& ids, std::int64_t batch, std::int64_t tokens) {
  const Dims& dims = ids.dims();
  const bool one_row = dims == Dims{tokens} || dims == Dims{1, tokens};
  if (!one_row && dims != Dims{batch, tokens}) return false;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto expected = static_cast<std::int64_t>(i) % tokens;
    const std::int64_t found = ids.type() == DataType::kInt64   ? ids.data<std::int64_t>()[i]
                               : ids.type() == DataType::kInt32 ? ids.data<std::int32_t>()[i]
                                                                : -1;
    if (found != expected) return false;
  }
  return true;
}

bool is_all_zero(const Tensor& ids) {
  return std::ranges::all_of(ids.bytes(), [](std::byte byte) { return byte == std::byte{0}; });
}

// Sets the role of a table whose indices depend on the shape of inputs alone.
void classify_computed(SampleContext& context, TableMatch& table, std::int64_t rows) {
  const std::string& ids = table.gather->inputs[1];
  for (const std::string& input : content_inputs(context.index(), ids))
    throw Mismatch(*table.gather, "indices computed from the content of " + quoted_name(input),
                   "an input of the graph, zeros, or the positions 0, 1, ...");
  const bool zero = std::ranges::all_of(
      context.samples(), [&](Sample& sample) { return is_all_zero(sample.run.value(ids)); });
  if (zero) {
    table.input = EmbeddingInput::kTokenType;
    table.rows = TableRows::kOnlyFirst;
    return;
  }
  table.input = EmbeddingInput::kPosition;
  if (rows < kLongestSample || rows > kMaxPositions)
    throw Mismatch(
        *table.gather, "a table of " + std::to_string(rows) + " positions",
        "between " + std::to_string(kLongestSample) + " and " + std::to_string(kMaxPositions));
  Sample longest = context.sample_of_length(rows);
  const bool positions = std::ranges::all_of(context.samples(), [&](Sample& sample) {
    return counts_up(sample.run.value(ids), sample.batch, sample.tokens);
  });
  if (!positions || !counts_up(longest.run.value(ids), 1, rows))
    throw Mismatch(*table.gather, "computed indices that are not the positions",
                   "0, 1, ... for each sequence, up to " + std::to_string(rows - 1));
}

}  // namespace

EmbeddingsMatch match_embeddings(const GraphIndex& index, const std::string& output,
                                 const Node& reader) {
  EmbeddingsMatch match;
  match.output = output;
  std::string sum = output;
  match.norm = index.producer(output, "LayerNormalization");
  if (match.norm != nullptr) sum = input_name(*match.norm, 0);
  match_sum(index, sum, match.norm != nullptr ? *match.norm : reader, match);
  for (const TableMatch& table : match.tables)
    if (const std::optional<std::string> input = plain_input(index, table.gather->inputs[1]))
      match.inputs.insert(*input);
  return match;
}

void classify_tables(SampleContext& context, EmbeddingsMatch& embeddings) {
  const GraphIndex& index = context.index();
  const auto rows = [&](const TableMatch& table) { return index.constant(table.table)->dims()[0]; };
  std::vector<TableMatch*> indexed;
  std::size_t types = 0;
  std::size_t positions = 0;
  for (TableMatch& table : embeddings.tables) {
    if (plain_input(index, table.gather->inputs[1])) {
      indexed.push_back(&table);
      continue;
    }
    classify_computed(context, table, rows(table));
    ++(table.input == EmbeddingInput::kPosition ? positions : types);
  }
  std::ranges::stable_sort(
      indexed, [&](const TableMatch* a, const TableMatch* b) { return rows(*a) > rows(*b); });
  for (std::size_t i = 1; i < indexed.size(); ++i) {
    indexed[i]->input = EmbeddingInput::kTokenType;
    ++types;
  }
  const Node& last = *embeddings.tables.back().gather;
  if (indexed.empty() || positions != 1 || types > 1)
    throw Mismatch(last,
                   std::to_string(indexed.size()) + " tables that an input indexes, " +
                       std::to_string(positions) + " position tables and " + std::to_string(types) +
                       " token type tables",
                   "one of words, one of positions and at most one of token types");
}

}  // namespace filigree::loader
