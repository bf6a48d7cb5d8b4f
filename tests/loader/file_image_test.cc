// Files that are read piece by piece: the same graph, and an error when one becomes shorter.
#include "loader/file_image.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>

#include "loader/error.h"
#include "loader/onnx_file.h"
#include "tests/loader/expect_error.h"
#include "tests/loader/proto_builder.h"

namespace filigree::loader {
namespace {

namespace fs = std::filesystem;

constexpr int kFloat = 1, kBool = 9;
constexpr std::size_t kLarge = 40'000;  // floats

class FileImageTest : public ::testing::Test {
 protected:
  FileImageTest() { fs::create_directories(folder_); }
  ~FileImageTest() override { fs::remove_all(folder_); }

  fs::path written(const std::string& content, const std::string& name = "m.onnx") const {
    const fs::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  const fs::path folder_ = fs::temp_directory_path() / ("file_image_" + std::to_string(::getpid()));
};

std::string bytes_of_weights() {
  std::string bytes(kLarge * sizeof(float), '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 / 7);
  return bytes;
}

std::string text_of(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size()};
}

// Two large tensors, one after the other, between small ones.
std::string model() {
  const std::string weights = bytes_of_weights();
  Proto graph;
  graph.message(5, tensor_proto("a", kFloat, {1}).bytes(9, "abcd"))
      .message(5, tensor_proto("w", kFloat, {100, 400}).bytes(9, weights))
      .message(5, tensor_proto("v", kFloat, {400, 100}).bytes(9, weights))
      .message(5, tensor_proto("b", kBool, {70000}).bytes(9, std::string(70000, '\x05')))
      .message(1, node_proto("MatMul", {"w", "v"}, {"y"}));
  return model_proto(graph).text();
}

TEST_F(FileImageTest, ReadsOnlyWhatIsNeeded) {
  const std::string content = bytes_of_weights();
  const FileImage image(written(content));
  ASSERT_EQ(image.span().size(), content.size());
  const auto part = image.span().subspan(70'000, 50);
  image.need(part);
  EXPECT_TRUE(std::ranges::equal(part, std::as_bytes(std::span(content)).subspan(70'000, 50)));
  EXPECT_EQ(image.span()[10], std::byte{0});
  image.need(image.span());
  EXPECT_TRUE(std::ranges::equal(image.span(), std::as_bytes(std::span(content))));
}

TEST_F(FileImageTest, AFileThatBecameShorterIsNamed) {
  const fs::path path = written(bytes_of_weights());
  const FileImage image(path);
  fs::resize_file(path, 100'000);
  image.need(image.span().first(50'000));
  expect_error<FormatError>([&] { image.need(image.span()); },
                            path.string() + ": ends at 100000 bytes, expected");
}

TEST_F(FileImageTest, AnEmptyFileIsNoModel) {
  expect_error<FormatError>([&] { read_onnx_structure(written("")); }, "has no graph");
}

TEST_F(FileImageTest, StructureIsTheGraphWithWeightsLeftInTheFile) {
  const std::string content = model();
  const Graph whole = parse_onnx(std::as_bytes(std::span(content)), "m.onnx");
  const Graph graph = read_onnx_structure(written(content));
  ASSERT_EQ(graph.initializers.size(), whole.initializers.size());
  for (const auto& [name, tensor] : graph.initializers) {
    EXPECT_EQ(tensor.is_deferred(), name == "w" || name == "v") << name;
    EXPECT_EQ(tensor.dims(), whole.initializers.at(name).dims());
    EXPECT_EQ(text_of(tensor), text_of(whole.initializers.at(name))) << name;
  }
  for (const auto& [name, tensor] : read_onnx(folder_ / "m.onnx").initializers)
    EXPECT_FALSE(tensor.is_deferred()) << name;
}

TEST_F(FileImageTest, AModelThatBecomesShorterWhileItIsReadIsAnError) {
  const fs::path path = written(model());
  const Graph graph = read_onnx_structure(path);
  fs::resize_file(path, 200'000);
  EXPECT_EQ(text_of(graph.initializers.at("w")), bytes_of_weights());
  expect_error<FormatError>([&] { graph.initializers.at("v").bytes(); },
                            ": ends at 200000 bytes, expected");
  expect_error<FormatError>([&] { graph.initializers.at("v").bytes(); }, "weights at offset 160");
}

TEST_F(FileImageTest, ExternalWeightsAreLeftInTheirFile) {
  written(bytes_of_weights(), "w.bin");
  const Proto entry = Proto().bytes(1, "location").bytes(2, "w.bin");
  const fs::path path = written(
      model_of(tensor_proto("w", kFloat, {400, 100}).message(13, entry).varint(14, 1)).text());
  const Graph graph = read_onnx_structure(path);
  EXPECT_TRUE(graph.initializers.at("w").is_deferred());
  EXPECT_EQ(text_of(graph.initializers.at("w").unread()), bytes_of_weights());
  fs::resize_file(folder_ / "w.bin", 100'000);
  expect_error<FormatError>([&] { graph.initializers.at("w").bytes(); },
                            "external data 'w.bin' ends at 100000 bytes, expected");
}

TEST_F(FileImageTest, DataThatDoesNotFitTheShapeIsNotLeftInTheFile) {
  const fs::path path =
      written(model_of(tensor_proto("w", kFloat, {100, 401}).bytes(9, bytes_of_weights())).text());
  expect_error<FormatError>([&] { read_onnx_structure(path); },
                            "initializer 'w' has 160000 bytes of data, expected 160400");
}

}  // namespace
}  // namespace filigree::loader
