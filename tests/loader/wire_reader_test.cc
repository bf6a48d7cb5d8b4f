#include "loader/wire_reader.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "loader/error.h"
#include "tests/loader/expect_error.h"
#include "tests/loader/proto_builder.h"

namespace filigree::loader {
namespace {

WireReader reader_of(const Proto& proto) { return {proto.span(), "f.onnx", "M"}; }

// Reads one field, of the given kind, as the message's only content.
template <class Read>
auto read_one(const Proto& proto, const Read& read) {
  WireReader reader = reader_of(proto);
  const auto field = reader.next_field();
  return read(reader, field.value());
}

std::int64_t read_int64(WireReader& reader, const WireReader::Field& field) {
  return reader.int64(field);
}

TEST(WireReader, EmptyMessageHasNoField) {
  WireReader reader = reader_of(Proto());
  EXPECT_FALSE(reader.next_field().has_value());
}

TEST(WireReader, ReadsVarintsOfEveryLength) {
  for (int shift = 0; shift < 64; ++shift) {
    const std::uint64_t value = std::uint64_t{1} << shift;
    EXPECT_EQ(read_one(Proto().varint(1, value), read_int64), static_cast<std::int64_t>(value));
  }
  EXPECT_EQ(read_one(Proto().varint(1, ~std::uint64_t{0}), read_int64), -1);
}

TEST(WireReader, ReadsFloatAndText) {
  EXPECT_EQ(read_one(Proto().fixed32(3, 1.5f),
                     [](WireReader& r, const WireReader::Field& f) { return r.float32(f); }),
            1.5f);
  EXPECT_EQ(read_one(Proto().bytes(3, "name"),
                     [](WireReader& r, const WireReader::Field& f) { return r.text(f); }),
            "name");
}

TEST(WireReader, ReadsRepeatedFieldsPackedAndUnpacked) {
  const Proto proto = Proto()
                          .varint(1, 7)
                          .message(1, Proto().raw_varint(8).raw_varint(300))
                          .varint(1, 9)
                          .bytes(1, "");
  WireReader reader = reader_of(proto);
  std::vector<std::int64_t> values;
  while (const auto field = reader.next_field()) reader.append(*field, values);
  EXPECT_EQ(values, (std::vector<std::int64_t>{7, 8, 300, 9}));
}

TEST(WireReader, ReadsPackedFloatsAndDoubles) {
  const std::string two_floats("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8);
  const Proto proto = Proto().bytes(4, two_floats).fixed64(5, 2.5);
  WireReader reader = reader_of(proto);
  std::vector<float> floats;
  reader.append(reader.next_field().value(), floats);
  EXPECT_EQ(floats, (std::vector<float>{1.0f, -2.0f}));
  std::vector<double> doubles;
  reader.append(reader.next_field().value(), doubles);
  EXPECT_EQ(doubles, (std::vector<double>{2.5}));
}

TEST(WireReader, SkipsEveryWireTypeAndNestedGroups) {
  Proto group;
  group.key(9, 3).varint(1, 1).key(10, 3).fixed64(2, 1.0).bytes(3, "x").key(10, 4).key(9, 4);
  Proto proto;
  proto.varint(1, 1)
      .fixed64(2, 1.0)
      .bytes(3, "abc")
      .fixed32(4, 1.0f)
      .raw(group.text())
      .varint(5, 42);
  WireReader reader = reader_of(proto);
  std::int64_t last = 0;
  while (const auto field = reader.next_field()) {
    if (field->number == 5)
      last = reader.int64(*field);
    else
      reader.skip(*field);
  }
  EXPECT_EQ(last, 42);
}

TEST(WireReader, CountsOffsetsFromTheStartOfTheFile) {
  const Proto proto = Proto().varint(1, 5).message(2, Proto().varint(1, 5).varint(3, 6));
  WireReader reader = reader_of(proto);
  reader.skip(reader.next_field().value());
  WireReader inner = reader.message(reader.next_field().value(), "Inner");
  EXPECT_EQ(inner.next_field().value().offset, 4u);
}

TEST(WireReader, NamesFileOffsetMessageAndField) {
  expect_error<FormatError>([] { read_one(Proto().bytes(1, "x"), read_int64); },
                            "f.onnx: offset 0: M field 1: wire type is length-delimited, expected "
                            "varint");
}

TEST(WireReader, RejectsVarintLongerThan64Bits) {
  const std::string eleven(10, '\x80');
  expect_error<FormatError>(
      [&] { read_one(Proto().key(1, 0).raw(eleven).raw(std::string(1, '\0')), read_int64); },
      "varint is longer than 64 bits");
  const std::string tenth_too_large = std::string(9, '\xff') + '\x02';
  expect_error<FormatError>([&] { read_one(Proto().key(1, 0).raw(tenth_too_large), read_int64); },
                            "varint is longer than 64 bits");
}

TEST(WireReader, RejectsInt32ThatDoesNotFit) {
  const auto read = [](WireReader& r, const WireReader::Field& f) { return r.int32(f); };
  const std::int64_t above = std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;
  expect_error<FormatError>(
      [&] { read_one(Proto().varint(1, static_cast<std::uint64_t>(above)), read); },
      "value is 2147483648, expected 32 bits");
  EXPECT_EQ(read_one(Proto().varint(1, static_cast<std::uint64_t>(std::int64_t{-5})), read), -5);
}

TEST(WireReader, RejectsLengthBeyondTheMessage) {
  expect_error<FormatError>(
      [] {
        read_one(Proto().key(1, 2).raw_varint(4).raw("abc"),
                 [](WireReader& r, const WireReader::Field& f) { return r.text(f); });
      },
      "value needs 4 bytes, expected at most the 3 left");
  expect_error<FormatError>(
      [] {
        read_one(Proto().key(1, 2).raw_varint(~std::uint64_t{0}),
                 [](WireReader& r, const WireReader::Field& f) { return r.text(f); });
      },
      "value needs 18446744073709551615 bytes");
}

TEST(WireReader, RejectsLengthBeyondTheEnclosingMessage) {
  // The inner field claims bytes that exist in the file, but belong to the outer message.
  const Proto proto = Proto().message(1, Proto().key(2, 2).raw_varint(3).raw("a")).bytes(3, "bc");
  WireReader reader = reader_of(proto);
  WireReader inner = reader.message(reader.next_field().value(), "Inner");
  const auto field = inner.next_field().value();
  expect_error<FormatError>([&] { inner.text(field); }, "Inner field 2: value needs 3 bytes");
}

TEST(WireReader, RejectsTruncatedFixedValuesAndPackedRuns) {
  expect_error<FormatError>(
      [] {
        read_one(Proto().key(1, 5).raw("abc"),
                 [](WireReader& r, const WireReader::Field& f) { return r.float32(f); });
      },
      "value needs 4 bytes");
  expect_error<FormatError>(
      [] {
        read_one(Proto().bytes(1, "abcde"), [](WireReader& r, const WireReader::Field& f) {
          std::vector<float> values;
          r.append(f, values);
          return values;
        });
      },
      "value needs 4 bytes");
}

TEST(WireReader, RejectsUnknownWireTypesAndFieldNumbers) {
  for (const unsigned wire_type : {6u, 7u})
    expect_error<FormatError>([&] { reader_of(Proto().key(1, wire_type)).next_field(); },
                              "expected 0 to 5");
  expect_error<FormatError>([] { reader_of(Proto().varint(0, 1)).next_field(); },
                            "M has field number 0");
  expect_error<FormatError>(
      [] { reader_of(Proto().raw_varint(std::uint64_t{1} << 32)).next_field(); },
      "has field number 536870912, expected 1 to 536870911");
}

void skip_one(const Proto& proto) {
  WireReader reader = reader_of(proto);
  reader.skip(reader.next_field().value());
}

TEST(WireReader, RejectsBrokenGroups) {
  expect_error<FormatError>([] { skip_one(Proto().key(1, 4)); }, "a group ends that did not start");
  expect_error<FormatError>([] { skip_one(Proto().key(1, 3)); }, "message ends inside a group");
  expect_error<FormatError>([] { skip_one(Proto().key(1, 3).key(2, 4)); },
                            "group ends, expected the end of group 1");
  Proto deep;
  for (int i = 0; i < 100; ++i) deep.key(1, 3);
  expect_error<FormatError>([&] { skip_one(deep); }, "groups are nested deeper than 64");
}

}  // namespace
}  // namespace filigree::loader
