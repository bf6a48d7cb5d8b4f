#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "loader/error.h"
#include "loader/onnx_file.h"
#include "tests/loader/expect_error.h"
#include "tests/loader/proto_builder.h"

namespace filigree::loader {
namespace {

Node read(const Proto& node) {
  return parse_onnx(model_proto(Proto().message(1, node)).span(), "m.onnx").nodes.at(0);
}

// A node with one attribute, whose value field is added by the test.
Node with_attribute(const Proto& attribute) {
  return read(node_proto("Op", {}, {"y"}).message(5, attribute));
}

Proto attribute_proto(std::uint64_t type) { return Proto().bytes(1, "a").varint(20, type); }

TEST(OnnxNode, ReadsEveryField) {
  const Proto node = node_proto("Op", {"", ""}, {"y", ""})
                         .bytes(3, "the name")
                         .bytes(6, "a comment")
                         .bytes(7, "com.example");
  const Node read_node = read(node);
  EXPECT_EQ(read_node.op_type, "Op");
  EXPECT_EQ(read_node.name, "the name");
  EXPECT_EQ(read_node.domain, "com.example");
  EXPECT_EQ(read_node.inputs, (std::vector<std::string>{"", ""}));
  EXPECT_EQ(read_node.outputs, (std::vector<std::string>{"y", ""}));
}

TEST(OnnxNode, CallsTheDefaultDomainByItsShortName) {
  EXPECT_EQ(read(node_proto("Op", {}, {"y"}).bytes(7, "ai.onnx")).domain, "");
}

TEST(OnnxNode, ReadsAttributesOfEveryKind) {
  EXPECT_EQ(int_attribute(with_attribute(attribute_proto(2).varint(3, 7)), "a", 0), 7);
  EXPECT_EQ(float_attribute(with_attribute(attribute_proto(1).fixed32(2, 0.5f)), "a", 0), 0.5f);
  EXPECT_EQ(string_attribute(with_attribute(attribute_proto(3).bytes(4, "s")), "a", ""), "s");
  EXPECT_EQ(ints_attribute(with_attribute(attribute_proto(7).varint(8, 1).varint(8, 2)), "a", {}),
            (std::vector<std::int64_t>{1, 2}));
  const Proto tensor = tensor_proto("", 7, {1}).varint(7, 9);
  const Node constant = with_attribute(attribute_proto(4).message(5, tensor));
  EXPECT_EQ(tensor_attribute(constant, "a")->data<std::int64_t>()[0], 9);
  const Node floats = with_attribute(attribute_proto(6).fixed32(7, 1.f));
  EXPECT_EQ(std::get<std::vector<float>>(find_attribute(floats, "a")->value).size(), 1u);
  const Node strings = with_attribute(attribute_proto(8).bytes(9, "x"));
  EXPECT_EQ(std::get<std::vector<std::string>>(find_attribute(strings, "a")->value)[0], "x");
}

TEST(OnnxNode, ReadsAttributesWithoutTypeOrWithoutTheirZeroValue) {
  EXPECT_EQ(int_attribute(with_attribute(Proto().bytes(1, "a").varint(3, 7)), "a", 0), 7);
  EXPECT_EQ(int_attribute(with_attribute(attribute_proto(2)), "a", 5), 0);
  EXPECT_TRUE(ints_attribute(with_attribute(attribute_proto(7)), "a", {5}).empty());
}

TEST(OnnxNode, KeepsAttributesItDoesNotReadForTheNodeToRefuse) {
  const Node node = with_attribute(attribute_proto(5).message(6, Proto().bytes(2, "body")));
  EXPECT_EQ(std::get<UnreadValue>(find_attribute(node, "a")->value).kind, "GRAPH");
  expect_error<FormatError>([&] { int_attribute(node, "a", 0); },
                            "attribute 'a' is unread value, expected INT");
}

TEST(OnnxNode, TypedGettersNameNodeAndAttribute) {
  const Node node = with_attribute(attribute_proto(1).fixed32(2, 0.5f));
  expect_error<FormatError>([&] { int_attribute(node, "a", 0); },
                            "'Op' node of output 'y': attribute 'a' is FLOAT, expected INT");
  EXPECT_EQ(int_attribute(node, "missing", 3), 3);
}

TEST(OnnxNode, RejectsAttributesThatContradictThemselves) {
  expect_error<FormatError>([] { with_attribute(attribute_proto(2).fixed32(2, 0.5f)); },
                            "attribute 'a' has a value of kind FLOAT, expected INT");
  expect_error<FormatError>([] { with_attribute(attribute_proto(2).varint(3, 1).fixed32(2, 1.f)); },
                            "attribute has a second value of kind FLOAT, expected only INT");
  expect_error<FormatError>([] { with_attribute(Proto().bytes(1, "a")); },
                            "attribute 'a' has neither a type nor a value");
  expect_error<FormatError>([] { with_attribute(attribute_proto(4)); },
                            "attribute 'a' has no tensor");
  expect_error<FormatError>([] { with_attribute(attribute_proto(15)); },
                            "attribute type is 15, expected 0 to 14");
  expect_error<FormatError>([] { with_attribute(Proto().varint(20, 2)); },
                            "attribute '' has no name");
}

TEST(OnnxNode, RejectsRepeatedAttributesAndMissingOperator) {
  const Proto attribute = attribute_proto(2).varint(3, 7);
  expect_error<FormatError>(
      [&] { read(node_proto("Op", {}, {"y"}).message(5, attribute).message(5, attribute)); },
      "'Op' node of output 'y' has attribute 'a' twice");
  expect_error<FormatError>([] { read(Proto().bytes(3, "n")); }, "node 'n' has no op_type");
}

}  // namespace
}  // namespace filigree::loader
