// Archives and arrays of numpy, whole and damaged.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>

#include "tools/cli/errors.h"
#include "tools/cli/files.h"
#include "tools/samples/npy_array.h"
#include "tools/samples/zip_archive.h"

namespace filigree::tools {
namespace {

using loader::DataType;
using loader::Dims;

const std::string kSamples =
    FILIGREE_SOURCE_DIR "/tests/golden/samples/minilm6-squad-pruned80/sample-inputs/";

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing thrown";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string npy(const std::string& header, const std::string& data) {
  std::string text("\x93NUMPY\x01\0", 8);
  text += static_cast<char>(header.size() & 0xFF);
  text += static_cast<char>(header.size() >> 8);
  return text + header + data;
}

TEST(Npz, ReadsWhatNumpyDeflates) {
  const auto arrays = read_npz(kSamples + "inp-0000.npz");
  ASSERT_EQ(arrays.size(), 3U);
  EXPECT_EQ(arrays[0].name, "input_ids");
  EXPECT_EQ(arrays[0].tensor.type(), DataType::kInt64);
  EXPECT_EQ(arrays[0].tensor.dims(), Dims{48});
  EXPECT_EQ(arrays[0].tensor.data<std::int64_t>()[0], 101);
}

TEST(Npz, ReadsWhatNumpyStores) {
  const auto arrays = read_npz(kSamples + "inp-0001.npz");
  ASSERT_EQ(arrays.size(), 3U);
  EXPECT_EQ(arrays[1].name, "arr_1");
  EXPECT_EQ(arrays[1].tensor.dims(), (Dims{2, 48}));
}

TEST(Npz, EveryCutIsAnErrorAndNoDamagedByteIsMoreThanThat) {
  for (const char* name : {"inp-0000.npz", "inp-0001.npz"}) {
    const std::string whole = read_file(kSamples + name);
    for (std::size_t length = 0; length < whole.size(); ++length)
      EXPECT_THROW(parse_npz(bytes_of(whole).first(length), "f"), InputError) << length;
    for (std::size_t at = 0; at < whole.size(); ++at)
      for (const int flip : {0x01, 0x80, 0xFF}) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        try {
          parse_npz(bytes_of(damaged), "f");
        } catch (const InputError&) {
          // Nearly always; a few bytes (dates, versions) mean nothing to us.
        }
      }
  }
}

TEST(Zip, ADamagedEntryIsNoticedByItsChecksum) {
  std::string text = read_file(kSamples + "inp-0001.npz");
  const std::size_t data = text.find("\x93NUMPY") + 200;
  text[data] = static_cast<char>(text[data] ^ 1);
  EXPECT_EQ(message_of([&] { read_zip(bytes_of(text), "f"); }),
            "f: entry 'arr_0.npy' is damaged: its checksum is another");
}

TEST(Zip, ClaimedSizesAreCheckedBeforeMemoryIsAskedFor) {
  std::string text = read_file(kSamples + "inp-0000.npz");
  const std::size_t directory = text.find("PK\x01\x02");
  text.replace(directory + 24, 4, std::string("\0\0\0\x0F", 4));
  EXPECT_EQ(message_of([&] { read_zip(bytes_of(text), "f"); }),
            "f: entry 'input_ids.npy' claims more bytes than it can hold");
  text.replace(directory + 24, 4, "\xFF\xFF\xFF\xFF");
  EXPECT_TRUE(contains(message_of([&] { read_zip(bytes_of(text), "f"); }), "hold more than"));
}

TEST(Zip, OtherMethodsAndEncryptionAreNamed) {
  const std::string whole = read_file(kSamples + "inp-0000.npz");
  const std::size_t directory = whole.find("PK\x01\x02");
  std::string method = whole;
  method[directory + 10] = 12;
  EXPECT_TRUE(contains(message_of([&] { read_zip(bytes_of(method), "f"); }),
                       "uses compression method 12, expected 0 (stored) or 8 (deflated)"));
  std::string encrypted = whole;
  encrypted[directory + 8] = 1;
  EXPECT_TRUE(contains(message_of([&] { read_zip(bytes_of(encrypted), "f"); }), "is encrypted"));
  EXPECT_EQ(message_of([&] { read_zip(bytes_of(std::string(100, 'x')), "f"); }),
            "f: not a ZIP archive: it has no directory");
}

TEST(Npy, ReadsScalarsVectorsAndEveryType) {
  const std::pair<const char*, DataType> kTypes[] = {
      {"<f4", DataType::kFloat}, {"<f8", DataType::kDouble}, {"<f2", DataType::kFloat16},
      {"<i4", DataType::kInt32}, {"<i8", DataType::kInt64},  {"|i1", DataType::kInt8},
      {"|u1", DataType::kUint8}, {"|b1", DataType::kBool}};
  for (const auto& [descr, type] : kTypes) {
    const std::string header =
        "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': (3,), }   \n";
    const std::string data(3 * loader::element_bytes(type), '\1');
    const auto tensor = parse_npy(bytes_of(npy(header, data)), "f");
    EXPECT_EQ(tensor.type(), type);
    EXPECT_EQ(tensor.dims(), Dims{3});
  }
  const auto scalar =
      parse_npy(bytes_of(npy("{'shape': (), 'fortran_order': True, 'descr': '|u1'}", "\7")), "f");
  EXPECT_TRUE(scalar.dims().empty());
  EXPECT_EQ(scalar.data<std::uint8_t>()[0], 7);
}

TEST(Npy, RefusesHeadersThatNumpyDoesNotWrite) {
  const std::pair<const char*, const char*> kCases[] = {
      {"{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", "element type '>f4', expected"},
      {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "element type '|O', expected"},
      {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}", "Fortran order"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "expected a dimension"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
       "expected a dimension"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 16)}", "elements"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
       "more than 8 dimensions"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
       "has 4 bytes of data, expected 8"},
      {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "there twice"},
      {"{'descr': '<f4', 'fortran_order': False}", "expected the keys"},
      {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "expected 'False'"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", "unknown key 'x'"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "after the end"},
      {"", "expected '{'"}};
  for (const auto& [header, message] : kCases) {
    const std::string got =
        message_of([&] { parse_npy(bytes_of(npy(header, std::string(4, '\0'))), "f"); });
    EXPECT_TRUE(contains(got, message)) << header << "\n" << got;
  }
}

TEST(Npy, RefusesWhatIsNoArray) {
  EXPECT_TRUE(contains(message_of([] { parse_npy({}, "f"); }), "not an array"));
  std::string version = npy("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", "1");
  version[6] = 9;
  EXPECT_TRUE(contains(message_of([&] { parse_npy(bytes_of(version), "f"); }), "format 9.0"));
  std::string length = npy("{}", "");
  length[9] = 127;
  EXPECT_TRUE(contains(message_of([&] { parse_npy(bytes_of(length), "f"); }), "needs 32514 bytes"));
}

}  // namespace
}  // namespace filigree::tools
