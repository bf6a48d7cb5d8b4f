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

constexpr int kFloat = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6, kInt64 = 7, kString = 8, kBool = 9,
              kFloat16 = 10, kDouble = 11;

Graph parse(const Proto& model) { return parse_onnx(model.span(), "m.onnx"); }

Tensor read(const Proto& initializer) { return parse(model_of(initializer)).initializers.at("w"); }

template <class T>
std::vector<T> values(const Tensor& tensor) {
  EXPECT_EQ(tensor.type(), kDataTypeOf<T>);
  return {tensor.data<T>().begin(), tensor.data<T>().end()};
}

std::uint64_t negative(std::int64_t value) { return static_cast<std::uint64_t>(value); }

void expect_refused(const Proto& initializer, std::string_view text) {
  expect_error<FormatError>([&] { read(initializer); }, text);
}

TEST(OnnxTensor, ReadsRawDataOfEveryType) {
  const std::string bytes("\x01\x02\x03\x04\x05\x06\x07\x08", 8);
  for (const auto& [type, count] : {std::pair{kFloat, 2},
                                    {kUint8, 8},
                                    {kInt8, 8},
                                    {kInt32, 2},
                                    {kInt64, 1},
                                    {kFloat16, 4},
                                    {kDouble, 1}}) {
    const Tensor tensor = read(tensor_proto("w", type, {count}).bytes(9, bytes));
    EXPECT_EQ(static_cast<int>(tensor.type()), type);
    EXPECT_EQ(tensor.dims(), Dims{count});
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(tensor.bytes().data()), 8), bytes);
  }
  EXPECT_EQ(values<bool>(read(tensor_proto("w", kBool, {2}).bytes(9, std::string("\0\x07", 2)))),
            (std::vector<bool>{false, true}));
}

TEST(OnnxTensor, ReadsTypedDataOfEveryType) {
  EXPECT_EQ(values<float>(read(tensor_proto("w", kFloat, {2}).fixed32(4, 1.5f).fixed32(4, -2.f))),
            (std::vector<float>{1.5f, -2.f}));
  EXPECT_EQ(values<double>(read(tensor_proto("w", kDouble, {1}).fixed64(10, 0.1))),
            (std::vector<double>{0.1}));
  EXPECT_EQ(values<std::int64_t>(
                read(tensor_proto("w", kInt64, {2}).varint(7, 5).varint(7, negative(-6)))),
            (std::vector<std::int64_t>{5, -6}));
  EXPECT_EQ(values<std::int32_t>(read(tensor_proto("w", kInt32, {1}).varint(5, negative(-7)))),
            (std::vector<std::int32_t>{-7}));
  EXPECT_EQ(values<std::int8_t>(
                read(tensor_proto("w", kInt8, {2}).varint(5, negative(-128)).varint(5, 127))),
            (std::vector<std::int8_t>{-128, 127}));
  EXPECT_EQ(values<std::uint8_t>(read(tensor_proto("w", kUint8, {1}).varint(5, 255))),
            (std::vector<std::uint8_t>{255}));
  EXPECT_EQ(values<bool>(read(tensor_proto("w", kBool, {2}).varint(5, 1).varint(5, 0))),
            (std::vector<bool>{true, false}));
  EXPECT_EQ(read(tensor_proto("w", kFloat16, {1}).varint(5, 0x3c00)).half_bits()[0], 0x3c00);
}

TEST(OnnxTensor, ReadsPackedDimensionsAndData) {
  Proto proto;
  proto.message(1, Proto().raw_varint(2).raw_varint(2)).varint(2, kInt64).bytes(8, "w");
  proto.message(7, Proto().raw_varint(1).raw_varint(2).raw_varint(3).raw_varint(4));
  const Tensor tensor = read(proto);
  EXPECT_EQ(tensor.dims(), (Dims{2, 2}));
  EXPECT_EQ(values<std::int64_t>(tensor), (std::vector<std::int64_t>{1, 2, 3, 4}));
}

TEST(OnnxTensor, ReadsScalarsAndTensorsWithoutElements) {
  EXPECT_EQ(values<float>(read(tensor_proto("w", kFloat, {}).fixed32(4, 3.f))),
            (std::vector<float>{3.f}));
  EXPECT_EQ(read(tensor_proto("w", kInt64, {0})).size(), 0u);
}

TEST(OnnxTensor, RejectsDataThatDoesNotFitTheShape) {
  expect_refused(tensor_proto("w", kFloat, {3}).bytes(9, "12345678"),
                 "initializer 'w' has 8 bytes of data, expected 12 (FLOAT [3])");
  expect_refused(tensor_proto("w", kFloat, {3}).fixed32(4, 1.f),
                 "initializer 'w' has 1 elements of data, expected 3 (FLOAT [3])");
  expect_refused(tensor_proto("w", kInt8, {2}).varint(5, 1),
                 "has 1 elements of data, expected 2 (INT8 [2])");
  expect_refused(tensor_proto("w", kFloat, {3}), "has 0 elements of data, expected 3");
}

TEST(OnnxTensor, NamesFileAndOffset) {
  // ModelProto: ir_version takes 2 bytes, the graph's key and length 2, the initializer's 2.
  expect_refused(tensor_proto("w", kFloat, {3}), "m.onnx: offset 6: initializer 'w' ");
}

TEST(OnnxTensor, RejectsNegativeAndHugeDimensionsBeforeAllocating) {
  expect_refused(tensor_proto("w", kFloat, {-3}), "shape [-3] has a negative dimension");
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  expect_refused(tensor_proto("w", kFloat, {kHuge, 8}).bytes(9, ""), "has more than");
  expect_refused(tensor_proto("w", kFloat, {std::int64_t{1} << 31}).bytes(9, ""), "is larger than");
  expect_refused(tensor_proto("w", kUint8, {std::int64_t{1} << 31}).bytes(9, "x"),
                 "has 1 bytes of data, expected 2147483648");
}

TEST(OnnxTensor, RejectsValuesOutsideTheirType) {
  expect_refused(tensor_proto("w", kInt8, {1}).varint(5, 128), "has the value 128, expected INT8");
  expect_refused(tensor_proto("w", kUint8, {1}).varint(5, negative(-1)),
                 "has the value -1, expected UINT8");
  expect_refused(tensor_proto("w", kBool, {1}).varint(5, 2), "has the value 2, expected BOOL");
  expect_refused(tensor_proto("w", kFloat16, {1}).varint(5, 65536),
                 "has the value 65536, expected FLOAT16");
}

TEST(OnnxTensor, RejectsDataInTheWrongField) {
  expect_refused(tensor_proto("w", kFloat, {1}).varint(7, 1),
                 "has data in a field of another type, expected FLOAT");
  expect_refused(tensor_proto("w", kInt64, {1}).varint(5, 1),
                 "has data in a field of another type");
  expect_refused(tensor_proto("w", kFloat, {1}).fixed32(4, 1.f).bytes(9, "1234"),
                 "has both raw_data and typed data");
}

TEST(OnnxTensor, RejectsElementTypesItDoesNotHave) {
  for (const int type : {0, kString, 16, 99})
    expect_error<UnsupportedError>([&] { read(tensor_proto("w", type, {1}).bytes(9, "1234")); },
                                   "has element type " + std::to_string(type));
}

TEST(OnnxTensor, RejectsSegments) {
  expect_refused(tensor_proto("w", kFloat, {1}).message(3, Proto()).bytes(9, "1234"),
                 "is stored in segments");
}

TEST(OnnxTensor, EscapesControlCharactersOfNames) {
  expect_error<FormatError>([] { parse(model_of(tensor_proto("a\nb", kFloat, {1}))); },
                            "initializer 'a\\x0ab' ");
}

}  // namespace
}  // namespace filigree::loader
