// A changed file: what does not change keeps its bytes.
#include "tools/compress/onnx_source.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "loader/onnx_file.h"
#include "tests/loader/proto_builder.h"
#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;
using loader::Graph;
using loader::Proto;
using loader::Tensor;

class OnnxSourceTest : public testing::Test {
 protected:
  OnnxSourceTest() {
    std::string name = (fs::temp_directory_path() / "filigree_source.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~OnnxSourceTest() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  fs::path folder_;
};

// Field 99 and 77 are unknown to everybody; 14 of a model is its metadata.
const Proto kUnknown = Proto().varint(99, 5).fixed32(77, 2.5F);

Proto node(const std::string& op, const std::string& in, const std::string& in2,
           const std::string& out) {
  Proto proto;
  proto.bytes(1, in).bytes(1, in2).bytes(2, out).bytes(3, "name of " + out).bytes(4, op);
  return proto.bytes(6, "doc").varint(99, 7);
}

Proto float_tensor(const std::string& name, std::initializer_list<float> values) {
  Proto proto;
  proto.varint(1, values.size()).varint(2, 1).bytes(8, name).bytes(12, "described");
  for (const float value : values) proto.fixed32(4, value);
  return proto;
}

Proto value(const std::string& name) {
  return Proto().bytes(1, name).message(
      2, Proto().message(
             1, Proto().varint(1, 1).message(2, Proto().message(1, Proto().varint(1, 2)))));
}

Proto model(const Proto& graph) {
  return Proto()
      .varint(1, 7)
      .bytes(2, "somebody")
      .message(14, Proto().bytes(1, "key").bytes(2, "value"))
      .message(7, graph)
      .message(8, Proto().bytes(1, "").varint(2, 14))
      .message(8, Proto().bytes(1, "custom").varint(2, 3))
      .message(99, kUnknown);
}

Proto two_sums() {
  return Proto()
      .message(1, node("Add", "x", "a", "s"))
      .message(5, float_tensor("a", {1, 2}))
      .bytes(2, "graph")
      .message(1, node("Add", "s", "b", "y"))
      .message(5, float_tensor("b", {3, 4}))
      .message(11, value("x"))
      .message(12, value("y"))
      .message(13, value("s"))
      .message(99, kUnknown);
}

std::string text_of(const WireWriter& writer) {
  std::string text;
  for (const std::string_view piece : writer.pieces()) text += piece;
  EXPECT_EQ(text.size(), writer.size());
  return text;
}

Graph parsed(const std::string& text) {
  return loader::parse_onnx(std::as_bytes(std::span(text)), "memory.onnx");
}

bool contains(const std::string& text, const Proto& part) {
  return text.find(part.text()) != std::string::npos;
}

TEST_F(OnnxSourceTest, AnUnchangedGraphGivesAllFieldsBack) {
  const std::string text = model(two_sums()).text();
  const OnnxSource source(write("m.onnx", text));
  std::string edited = text_of(source.edited(source.graph()));
  // Nodes come together, where the first one was: the same bytes in another order.
  EXPECT_EQ(edited.size(), text.size());
  std::string sorted = text;
  std::ranges::sort(sorted);
  std::ranges::sort(edited);
  EXPECT_EQ(edited, sorted);
}

TEST_F(OnnxSourceTest, AChangedTensorKeepsNameDescriptionAndEverythingAround) {
  const OnnxSource source(write("m.onnx", model(two_sums()).text()));
  Graph graph = source.graph();
  const float values[] = {5, 6};
  graph.initializers.at("a") = Tensor::of<float>({2}, values);
  const std::string edited = text_of(source.edited(graph));
  EXPECT_EQ(parsed(edited).initializers.at("a").data<float>()[1], 6);
  for (const Proto& part :
       {Proto().message(5, float_tensor("b", {3, 4})), Proto().message(13, value("s")),
        Proto().message(1, node("Add", "x", "a", "s")), Proto().message(99, kUnknown),
        Proto().message(14, Proto().bytes(1, "key").bytes(2, "value")),
        Proto().message(8, Proto().bytes(1, "custom").varint(2, 3)),
        Proto().bytes(12, "described")})
    EXPECT_TRUE(contains(edited, part));
}

TEST_F(OnnxSourceTest, ChangedNodesAreWrittenAndTheOthersCopied) {
  const OnnxSource source(write("m.onnx", model(two_sums()).text()));
  Graph graph = source.graph();
  graph.nodes[0].op_type = "Mul";
  graph.nodes[0].outputs[0] = "p";
  graph.nodes[1].inputs[0] = "p";
  graph.initializers.erase("b");
  graph.initializers.emplace("c", Tensor::scalar(2.0F));
  graph.nodes[1].inputs[1] = "c";
  graph.nodes.insert(graph.nodes.begin() + 1, loader::Node{.op_type = "Neg",
                                                           .domain = "",
                                                           .name = "",
                                                           .inputs = {"x"},
                                                           .outputs = {"unused"},
                                                           .attributes = {}});
  const std::string edited = text_of(source.edited(graph));
  const Graph read = parsed(edited);
  ASSERT_EQ(read.nodes.size(), 3U);
  EXPECT_EQ(read.nodes[0].op_type, "Mul");
  EXPECT_EQ(read.nodes[1].op_type, "Neg");
  EXPECT_EQ(read.nodes[2].inputs, (std::vector<std::string>{"p", "c"}));
  EXPECT_FALSE(read.initializers.contains("b"));
  // The shape of a value that is no more.
  EXPECT_FALSE(contains(edited, Proto().message(13, value("s"))));
}

TEST_F(OnnxSourceTest, InputsThatDeclareInitializersComeAndGoWithThem) {
  const std::string text = model(two_sums().message(11, value("a")).message(11, value("b"))).text();
  const OnnxSource source(write("m.onnx", text));
  Graph graph = source.graph();
  graph.initializers.emplace("c", graph.initializers.at("b"));
  graph.initializers.erase("b");
  graph.nodes[1].inputs[1] = "c";
  const std::string edited = text_of(source.edited(graph));
  EXPECT_TRUE(contains(edited, Proto().message(11, value("a"))));
  EXPECT_FALSE(contains(edited, Proto().message(11, value("b"))));
  EXPECT_TRUE(contains(edited, Proto().message(11, value("c"))));
}

TEST_F(OnnxSourceTest, ExternalDataBecomesInline) {
  const float values[] = {7, 8};
  const std::string bytes(reinterpret_cast<const char*>(values), sizeof values);
  write("weights.bin", bytes);
  const Proto external = Proto()
                             .varint(1, 2)
                             .varint(2, 1)
                             .bytes(8, "a")
                             .message(13, Proto().bytes(1, "location").bytes(2, "weights.bin"))
                             .varint(14, 1);
  const Proto graph = Proto()
                          .message(1, node("Add", "x", "a", "y"))
                          .message(5, external)
                          .message(11, value("x"))
                          .message(12, value("y"));
  const OnnxSource source(write("m.onnx", model(graph).text()));
  EXPECT_EQ(source.external_files(), std::set<std::string>{"weights.bin"});
  const Graph read = parsed(text_of(source.edited(source.graph())));
  EXPECT_EQ(read.initializers.at("a").data<float>()[1], 8);
}

TEST_F(OnnxSourceTest, ExternalDataOfAnAttributeIsRefused) {
  write("weights.bin", "12345678");
  const Proto tensor = Proto()
                           .varint(1, 2)
                           .varint(2, 1)
                           .message(13, Proto().bytes(1, "location").bytes(2, "weights.bin"))
                           .varint(14, 1);
  const Proto constant =
      Proto()
          .bytes(2, "a")
          .bytes(4, "Constant")
          .message(5, Proto().bytes(1, "value").message(5, tensor).varint(20, 4));
  const Proto graph = Proto()
                          .message(1, constant)
                          .message(1, node("Add", "x", "a", "y"))
                          .message(11, value("x"))
                          .message(12, value("y"));
  const OnnxSource source(write("m.onnx", model(graph).text()));
  EXPECT_THROW(source.edited(source.graph()), std::invalid_argument);
}

}  // namespace
}  // namespace filigree::tools
