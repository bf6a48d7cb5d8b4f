#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loader/error.h"
#include "loader/onnx_file.h"
#include "tests/loader/expect_error.h"
#include "tests/loader/proto_builder.h"

namespace filigree::loader {
namespace {

Graph parse(const Proto& model) { return parse_onnx(model.span(), "m.onnx"); }

void expect_refused(const Proto& model, std::string_view text) {
  expect_error<FormatError>([&] { parse(model); }, text);
}

// ValueInfoProto of a FLOAT tensor [batch, 3].
Proto value_info(std::string_view name) {
  const Proto batch = Proto().bytes(2, "batch");
  const Proto shape = Proto().message(1, batch).message(1, Proto().varint(1, 3));
  return Proto().bytes(1, name).message(2,
                                        Proto().message(1, Proto().varint(1, 1).message(2, shape)));
}

Proto initializer(std::string_view name) { return tensor_proto(name, 7, {1}).varint(7, 5); }

TEST(OnnxGraph, ReadsInputsAndOutputsWithTypesAndDimensions) {
  const Graph graph =
      parse(model_proto(Proto().message(11, value_info("x")).message(12, value_info("x"))));
  ASSERT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.inputs[0].name, "x");
  EXPECT_EQ(graph.inputs[0].type, DataType::kFloat);
  EXPECT_EQ(graph.inputs[0].dims, (std::vector<std::optional<std::int64_t>>{std::nullopt, 3}));
  EXPECT_EQ(graph.outputs.size(), 1u);
  EXPECT_EQ(graph.opset, 14);
  EXPECT_EQ(graph.file, "m.onnx");
}

TEST(OnnxGraph, InputsThatAreInitializersAreNoInputs) {
  Proto graph;
  graph.message(11, value_info("w")).message(11, value_info("x")).message(5, initializer("w"));
  EXPECT_EQ(parse(model_proto(graph)).inputs.size(), 1u);
}

TEST(OnnxGraph, InputsThatAreNoTensorsHaveNoType) {
  const Proto sequence = Proto().bytes(1, "s").message(2, Proto().message(4, Proto()));
  EXPECT_FALSE(parse(model_proto(Proto().message(11, sequence))).inputs[0].type.has_value());
}

TEST(OnnxGraph, SkipsFieldsItDoesNotKnow) {
  const Proto graph = Proto().bytes(2, "name").bytes(10, "comment").bytes(13, "").fixed64(99, 1.0);
  EXPECT_NO_THROW(parse(model_proto(graph)));
}

TEST(OnnxGraph, RejectsValuesUsedBeforeTheyAreDefined) {
  Proto graph;
  graph.message(1, node_proto("B", {"x"}, {"y"})).message(1, node_proto("A", {}, {"x"}));
  expect_refused(model_proto(graph),
                 "m.onnx: 'B' node of output 'y' reads 'x', which no earlier node, graph input or "
                 "initializer defines");
}

TEST(OnnxGraph, RejectsValuesDefinedTwice) {
  Proto twice;
  twice.message(1, node_proto("A", {}, {"x"})).message(1, node_proto("B", {}, {"x"}));
  expect_refused(model_proto(twice),
                 "'B' node of output 'x' defines 'x', which is defined already");
  Proto shadows;
  shadows.message(5, initializer("x")).message(1, node_proto("A", {}, {"x"}));
  expect_refused(model_proto(shadows), "defines 'x', which is defined already");
  expect_refused(model_proto(Proto().message(5, initializer("x")).message(5, initializer("x"))),
                 "initializer 'x' is defined twice");
  expect_refused(model_proto(Proto().message(11, value_info("x")).message(11, value_info("x"))),
                 "graph input 'x' is defined twice");
}

TEST(OnnxGraph, RejectsOutputsThatNobodyDefines) {
  expect_refused(model_proto(Proto().message(12, value_info("y"))),
                 "graph output 'y' is defined by no");
}

TEST(OnnxGraph, RejectsSparseInitializers) {
  expect_error<UnsupportedError>([] { parse(model_proto(Proto().bytes(15, ""))); },
                                 "sparse initializers are not implemented");
}

TEST(OnnxGraph, RejectsNamelessInitializersAndInputs) {
  expect_refused(model_of(initializer("")), "initializer has no name");
  expect_refused(model_proto(Proto().message(11, Proto())), "value info has no name");
}

TEST(OnnxGraph, RejectsDimensionsBelowMinusOne) {
  const Proto shape =
      Proto().message(1, Proto().varint(1, static_cast<std::uint64_t>(std::int64_t{-2})));
  const Proto type = Proto().message(1, Proto().message(2, shape));
  expect_refused(model_proto(Proto().message(11, Proto().bytes(1, "x").message(2, type))),
                 "dimension is -2, expected at least -1");
}

TEST(OnnxModel, RejectsFilesThatAreNoModel) {
  expect_refused(Proto(), "m.onnx: has no graph, expected an ONNX model");
  expect_refused(Proto().raw("version https://git-lfs.github.com/spec/v1\n"),
                 "m.onnx: is a Git LFS pointer");
  expect_refused(Proto().raw("{\"json\": true}"), "m.onnx: offset ");
}

TEST(OnnxModel, RejectsMissingAndContradictingOpsets) {
  const Proto empty_graph;
  expect_refused(Proto().message(7, empty_graph), "has no opset import of the default domain");
  expect_refused(model_proto(empty_graph, 0), "opset version is 0, expected at least 1");
  expect_refused(model_proto(empty_graph, 14).message(8, Proto().varint(2, 15)),
                 "opset import is 15, expected 14");
  const Proto other = Proto().bytes(1, "com.example").varint(2, 3);
  EXPECT_EQ(parse(model_proto(empty_graph, 14).message(8, other)).opset, 14);
}

TEST(OnnxModel, RejectsASecondGraph) {
  expect_refused(model_proto(Proto()).message(7, Proto()), "model has a second graph");
}

TEST(OnnxModel, RemembersTheNamesOfLocalFunctions) {
  const Proto function = Proto().bytes(1, "Gelu").bytes(10, "pkg");
  EXPECT_EQ(parse(model_proto(Proto()).message(25, function)).functions,
            std::vector<std::string>{"pkg::Gelu"});
}

}  // namespace
}  // namespace filigree::loader
