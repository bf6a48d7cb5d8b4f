#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "loader/error.h"
#include "loader/onnx_file.h"
#include "tests/loader/expect_error.h"
#include "tests/loader/proto_builder.h"

namespace filigree::loader {
namespace {

namespace fs = std::filesystem;

// A folder of its own with a model folder inside, removed at the end.
class ExternalDataTest : public testing::Test {
 protected:
  ExternalDataTest()
      : root_(fs::temp_directory_path() /
              ("filigree-test-" + std::to_string(std::random_device{}()))),
        folder_(root_ / "model") {
    fs::create_directories(folder_ / "sub");
    write(folder_ / "weights.bin", "0123456789abcdef");
    write(folder_ / "sub" / "weights.bin", "ABCD");
    write(root_ / "outside.bin", "secret data here");
  }
  ~ExternalDataTest() override { fs::remove_all(root_); }

  static void write(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  // A UINT8 initializer "w" with the given external entries.
  static Proto initializer(
      std::int64_t size,
      std::initializer_list<std::pair<std::string_view, std::string_view>> entries,
      std::string_view name = "w") {
    Proto proto = tensor_proto(name, 2, {size});
    proto.varint(14, 1);
    for (const auto& [key, value] : entries)
      proto.message(13, Proto().bytes(1, key).bytes(2, value));
    return proto;
  }

  Graph parse(const Proto& graph) const {
    return parse_onnx(model_proto(graph).span(), "m.onnx", folder_);
  }
  std::string read(const Proto& tensor) const {
    const Tensor w = parse(Proto().message(5, tensor)).initializers.at("w");
    return {reinterpret_cast<const char*>(w.bytes().data()), w.bytes().size()};
  }
  void expect_refused(const Proto& tensor, std::string_view text) const {
    expect_error<FormatError>([&] { read(tensor); }, text);
  }

  fs::path root_, folder_;
};

TEST_F(ExternalDataTest, ReadsTheRangeThatOffsetAndLengthName) {
  EXPECT_EQ(read(initializer(3, {{"location", "weights.bin"}, {"offset", "4"}, {"length", "3"}})),
            "456");
}

TEST_F(ExternalDataTest, ReadsWithoutOffsetAndLength) {
  EXPECT_EQ(read(initializer(2, {{"location", "weights.bin"}})), "01");
}

TEST_F(ExternalDataTest, ReadsFromAFolderBelow) {
  EXPECT_EQ(read(initializer(4, {{"location", "sub/weights.bin"}})), "ABCD");
}

TEST_F(ExternalDataTest, FindsTheFolderOfTheModelFile) {
  const Proto model = model_of(initializer(2, {{"location", "weights.bin"}}));
  write(folder_ / "m.onnx", model.text());
  EXPECT_EQ(read_onnx(folder_ / "m.onnx").initializers.at("w").size(), 2u);
}

TEST_F(ExternalDataTest, SharesARangeThatTwoTensorsName) {
  const auto entries = {std::pair<std::string_view, std::string_view>{"location", "weights.bin"}};
  const Graph graph = parse(
      Proto().message(5, initializer(16, entries, "a")).message(5, initializer(16, entries, "b")));
  EXPECT_EQ(graph.initializers.at("a").bytes().data(), graph.initializers.at("b").bytes().data());
}

TEST_F(ExternalDataTest, RefusesLocationsThatLeaveTheFolder) {
  const std::string absolute = (root_ / "outside.bin").string();
  expect_refused(initializer(4, {{"location", "../outside.bin"}}), "leaves the model's folder");
  expect_refused(initializer(4, {{"location", "sub/../../outside.bin"}}),
                 "leaves the model's folder");
  expect_refused(initializer(4, {{"location", absolute}}), "is not a relative path");
  expect_refused(initializer(4, {{"location", ""}}), "external data without a location");
  expect_refused(initializer(4, {{"location", std::string_view("a\0b", 3)}}),
                 "is not a relative path");
}

TEST_F(ExternalDataTest, RefusesSymbolicLinksToFilesAndFolders) {
  fs::create_symlink(root_ / "outside.bin", folder_ / "link.bin");
  fs::create_directory_symlink(root_, folder_ / "up");
  expect_refused(initializer(4, {{"location", "link.bin"}}), "is a symbolic link");
  expect_refused(initializer(4, {{"location", "up/outside.bin"}}),
                 "external data location 'up/outside.bin'");
}

TEST_F(ExternalDataTest, RefusesWhatIsNoRegularFile) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  expect_refused(initializer(4, {{"location", "pipe"}}), "is not a regular file");
  expect_refused(initializer(4, {{"location", "sub"}}), "is not a regular file");
  expect_refused(initializer(4, {{"location", "missing.bin"}}), "cannot be opened");
}

TEST_F(ExternalDataTest, RefusesRangesOutsideTheFile) {
  expect_refused(initializer(17, {{"location", "weights.bin"}}),
                 "external data 'weights.bin' has 16 bytes, expected 17 at offset 0 (UINT8 [17])");
  expect_refused(initializer(2, {{"location", "weights.bin"}, {"offset", "15"}}),
                 "expected 2 at offset 15");
  expect_refused(initializer(1, {{"location", "weights.bin"}, {"offset", "18446744073709551615"}}),
                 "expected 1 at offset 18446744073709551615");
}

TEST_F(ExternalDataTest, RefusesNumbersThatAreNone) {
  expect_refused(initializer(1, {{"location", "weights.bin"}, {"offset", "-1"}}),
                 "external data offset is '-1', expected a number");
  expect_refused(initializer(1, {{"location", "weights.bin"}, {"length", "1x"}}),
                 "external data length is '1x', expected a number");
}

TEST_F(ExternalDataTest, RefusesALengthThatDoesNotFitTheShape) {
  expect_refused(initializer(2, {{"location", "weights.bin"}, {"length", "3"}}),
                 "has 3 bytes of external data, expected 2 (UINT8 [2])");
}

TEST_F(ExternalDataTest, RefusesOverlappingRangesThatAddUpToMoreThanTheFile) {
  const auto part = [](std::string_view offset, std::string_view name) {
    return initializer(10, {{"location", "weights.bin"}, {"offset", offset}}, name);
  };
  expect_error<FormatError>(
      [&] { parse(Proto().message(5, part("0", "w")).message(5, part("1", "v"))); },
      "has 16 bytes, expected at least what its tensors claim, 20");
}

TEST_F(ExternalDataTest, RefusesDataInTwoPlaces) {
  expect_refused(initializer(2, {{"location", "weights.bin"}}).bytes(9, "ab"),
                 "has both external data and data of its own");
}

TEST_F(ExternalDataTest, RefusesExternalDataOfAModelInMemory) {
  const Proto model = model_of(initializer(2, {{"location", "weights.bin"}}));
  expect_error<FormatError>([&] { parse_onnx(model.span(), "m.onnx"); }, "the model has no folder");
}

TEST(ReadOnnx, NamesFilesThatCannotBeRead) {
  expect_error<FormatError>([] { read_onnx("/nonexistent/m.onnx"); },
                            "/nonexistent/m.onnx: cannot be opened: No such file or directory");
  expect_error<FormatError>([] { read_onnx("/dev/zero"); }, "/dev/zero: is not a regular file");
}

}  // namespace
}  // namespace filigree::loader
