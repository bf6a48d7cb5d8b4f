#include "loader/passes/fold_constants.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "loader/error.h"
#include "loader/passes/narrow_gather.h"
#include "tests/loader/expect_error.h"
#include "tests/loader/graph_builder.h"

namespace filigree::loader {
namespace {

using Names = std::vector<std::string>;

Attribute to(DataType type) { return {"to", static_cast<std::int64_t>(type)}; }

Tensor half_tensor(Dims dims, const std::vector<float>& values) {
  Tensor tensor(DataType::kFloat16, std::move(dims));
  const auto bits =
      std::span(reinterpret_cast<std::uint16_t*>(tensor.mutable_bytes().data()), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) bits[i] = float_to_half(values[i]);
  return tensor;
}

TEST(FoldConstants, ComputesChainsOfConstants) {
  GraphBuilder builder;
  builder.input("x").output("y").constant<std::int64_t>("two", {1}, {2});
  builder.constant<float>("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  builder.node("Shape", {"w"}, "shape").node("Gather", {"shape", "two"}, "unused");
  builder.node("Transpose", {"w"}, "turned").node("MatMul", {"x", "turned"}, "y");
  Graph graph = builder.graph();
  fold_constants(graph);
  EXPECT_EQ(operators(graph), Names{"MatMul"});
  ASSERT_EQ(graph.initializers.size(), 1U);
  EXPECT_EQ(floats(graph.initializers.at("turned")), (std::vector<float>{1, 4, 2, 5, 3, 6}));
}

TEST(FoldConstants, WidensHalfInitializers) {
  GraphBuilder builder;
  builder.input("x").output("y").constant("h", half_tensor({2}, {0.5F, -3}));
  builder.node("Cast", {"h"}, "w", {to(DataType::kFloat)}).node("Add", {"x", "w"}, "y");
  Graph graph = builder.graph();
  fold_constants(graph);
  EXPECT_EQ(floats(graph.initializers.at("w")), (std::vector<float>{0.5F, -3}));
}

// Of half floats, Cast and Transpose: what is computed when it is used equals what is computed now.
TEST(FoldConstants, LeavesMatricesThatNobodyLookedAtForLater) {
  const Tensor stored = half_tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  int reads = 0;
  const Tensor deferred =
      Tensor::deferred(DataType::kFloat16, {2, 3}, [&](std::span<std::byte> out) {
        ++reads;
        std::ranges::copy(stored.bytes(), out.begin());
      });
  GraphBuilder builder;
  builder.input("x").output("y").constant("h", deferred);
  builder.node("Cast", {"h"}, "w", {to(DataType::kFloat)}).node("Transpose", {"w"}, "turned");
  builder.node("MatMul", {"x", "turned"}, "y");
  Graph graph = builder.graph();
  fold_constants(graph);
  EXPECT_EQ(operators(graph), Names{"MatMul"});
  EXPECT_EQ(reads, 0);
  const Tensor& turned = graph.initializers.at("turned");
  EXPECT_EQ(turned.dims(), (Dims{3, 2}));
  EXPECT_EQ(turned.type(), DataType::kFloat);
  EXPECT_EQ(floats(turned), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(reads, 1);
}

// W -> QuantizeLinear -> DequantizeLinear, two scales along `axis` of [2, 3].
Graph pair_around_matrix(const Tensor& matrix, std::int64_t axis) {
  GraphBuilder builder;
  builder.input("x").output("y").constant("w", matrix).constant<float>("s", {2}, {0.5F, 2});
  builder.constant<std::int8_t>("z", {2}, {0, 1});
  builder.node("QuantizeLinear", {"w", "s", "z"}, "q", {{"axis", axis}});
  builder.node("DequantizeLinear", {"q", "s", "z"}, "d", {{"axis", axis}});
  builder.node("MatMul", {"x", "d"}, "y");
  return builder.graph();
}

TEST(FoldConstants, KeepsByteMatricesUntilTheyMayBecomeFloats) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  int reads = 0;
  const Tensor deferred = Tensor::deferred(DataType::kFloat, {2, 3}, [&](std::span<std::byte> out) {
    ++reads;
    std::ranges::copy(std::as_bytes(std::span(values)), out.begin());
  });
  for (const std::int64_t axis : {0, -2}) {
    Graph graph = pair_around_matrix(deferred.unread(), axis);
    std::size_t budget = fold_budget(graph);
    fold_constants(graph, budget, ByteMatrices::kKept);
    EXPECT_EQ(operators(graph), (Names{"DequantizeLinear", "MatMul"}));
    EXPECT_EQ(graph.initializers.at("q").type(), DataType::kInt8);
    fold_constants(graph, budget, ByteMatrices::kFolded);
    EXPECT_EQ(operators(graph), Names{"MatMul"});
    EXPECT_EQ(std::exchange(reads, 0), 0);
    EXPECT_EQ(floats(graph.initializers.at("d")), (std::vector<float>{1, 2, 3, 4, 4, 6}));
    EXPECT_EQ(std::exchange(reads, 0), 1);
  }
}

TEST(FoldConstants, NamesScalesThatDoNotFitALargeMatrix) {
  const Tensor deferred = Tensor::deferred(DataType::kFloat, {2, 3}, [](std::span<std::byte>) {});
  Graph graph = pair_around_matrix(deferred, 1);
  expect_error<FormatError>([&] { fold_constants(graph); },
                            "node 'q': QuantizeLinear of opset 14 with inputs (FLOAT [2, 3], FLOAT "
                            "[2], INT8 [2]): scale has shape [2], expected one or 3 elements");
}

TEST(FoldConstants, TakesWhatItMakesFromTheBudget) {
  Graph graph = pair_around_matrix(Tensor(DataType::kFloat, {2, 3}), 0);
  std::size_t budget = 15;
  fold_constants(graph, budget, ByteMatrices::kFolded);
  EXPECT_EQ(operators(graph), (Names{"DequantizeLinear", "MatMul"}));
  EXPECT_EQ(budget, 7U);  // what a node makes counts for at least 8
}

TEST(FoldConstants, RefusesAtOnceWhatCouldNotBeComputedLater) {
  const Tensor deferred =
      Tensor::deferred(DataType::kFloat, {2, 3}, [](std::span<std::byte>) { FAIL(); });
  GraphBuilder builder;
  builder.input("x").output("y").constant("w", deferred);
  builder.node("Transpose", {"w"}, "t", {{"perm", std::vector<std::int64_t>{0, 0}}});
  builder.node("MatMul", {"x", "t"}, "y");
  Graph graph = builder.graph();
  EXPECT_THROW(fold_constants(graph), FormatError);
}

TEST(FoldConstants, KeepsWhatDependsOnAnInput) {
  GraphBuilder builder;
  builder.input("x")
      .output("y")
      .node("Shape", {"x"}, "shape")
      .node("Cast", {"shape"}, "y", {to(DataType::kFloat)});
  Graph graph = builder.graph();
  fold_constants(graph);
  EXPECT_EQ(operators(graph), (Names{"Shape", "Cast"}));
}

TEST(FoldConstants, LeavesATensorThatTheFileDoesNotJustify) {
  GraphBuilder builder;
  builder.output("y").constant<std::int64_t>("shape", {2}, {1 << 20, 1 << 20});
  builder.node("ConstantOfShape", {"shape"}, "y");
  Graph graph = builder.graph();
  fold_constants(graph);
  EXPECT_EQ(operators(graph), Names{"ConstantOfShape"});
}

TEST(FoldConstants, LeavesChainsThatDoubleWithoutEnd) {
  GraphBuilder builder;
  builder.constant<float>("v0", {1}, {1});
  for (int i = 0; i < 60; ++i) {
    const std::string from = "v" + std::to_string(i);
    builder.node("Concat", {from, from}, "v" + std::to_string(i + 1), {{"axis", std::int64_t{0}}});
  }
  builder.output("v60");
  Graph graph = builder.graph();
  fold_constants(graph);
  EXPECT_GT(graph.nodes.size(), 30U);
}

TEST(FoldConstants, NamesAConstantNodeThatIsWrong) {
  GraphBuilder builder;
  builder.output("y").constant<float>("a", {2}, {1, 2}).constant<float>("b", {3}, {1, 2, 3});
  builder.node("Add", {"a", "b"}, "y");
  Graph graph = builder.graph();
  expect_error<FormatError>([&] { fold_constants(graph); }, "'y'");
}

TEST(NarrowGather, GathersHalfRowsBeforeTheyAreWidened) {
  GraphBuilder builder;
  builder.input("ids", DataType::kInt64).output("rows");
  builder.constant("table", half_tensor({3, 2}, {1, 2, 3, 4, 5, 6}));
  builder.node("Cast", {"table"}, "wide", {to(DataType::kFloat)});
  builder.node("Gather", {"wide", "ids"}, "rows");
  Graph graph = builder.graph();
  narrow_gather(graph);
  EXPECT_EQ(operators(graph), (Names{"Gather", "Cast"}));
  const Values feeds = {{"ids", Tensor::of<std::int64_t>({2}, std::vector<std::int64_t>{2, 0})}};
  EXPECT_EQ(floats(run_one(graph, feeds, "rows")), (std::vector<float>{5, 6, 1, 2}));
}

TEST(NarrowGather, GathersBytesOfOneScaleBeforeTheyBecomeFloats) {
  GraphBuilder builder;
  builder.input("ids", DataType::kInt64).output("rows").constant<float>("s", {}, {0.5F});
  builder.constant<std::int8_t>("table", {3, 2}, {1, 2, 3, 4, 5, 6});
  builder.constant<std::int8_t>("z", {}, {1}).constant<float>("channels", {2}, {0.5F, 2});
  builder.node("DequantizeLinear", {"table", "s", "z"}, "wide");
  builder.node("Gather", {"wide", "ids"}, "rows");
  Graph graph = builder.graph();
  narrow_gather(graph);
  EXPECT_EQ(operators(graph), (Names{"Gather", "DequantizeLinear"}));
  const Values feeds = {{"ids", Tensor::of<std::int64_t>({2}, std::vector<std::int64_t>{2, 0})}};
  EXPECT_EQ(floats(run_one(graph, feeds, "rows")), (std::vector<float>{2, 2.5F, 0, 0.5F}));
  // A scale for each column would be one for each row of the table after the exchange.
  Graph by_channel = builder.graph();
  by_channel.nodes[0].inputs = {"table", "channels"};
  narrow_gather(by_channel);
  EXPECT_EQ(operators(by_channel), (Names{"DequantizeLinear", "Gather"}));
}

}  // namespace
}  // namespace filigree::loader
