// Models from packed files: the same model, or a reason.
#include "loader/packed_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "loader/error.h"
#include "loader/packed_header.h"
#include "loader/shared_tensors.h"
#include "tests/loader/encoder_fixtures.h"

namespace filigree::loader {
namespace {

namespace fs = std::filesystem;

class PackedFileTest : public ::testing::Test {
 protected:
  PackedFileTest() { fs::create_directories(folder_); }
  ~PackedFileTest() override { fs::remove_all(folder_); }

  fs::path written(const Model& model, const PackedSource& source = {}) {
    const fs::path path = folder_ / std::to_string(number_++);
    write_packed(path, model, source);
    return path;
  }
  fs::path written(const std::vector<char>& bytes) {
    const fs::path path = folder_ / std::to_string(number_++);
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
  }

 private:
  fs::path folder_ = fs::temp_directory_path() / ("packed_file_" + std::to_string(::getpid()));
  int number_ = 0;
};

std::vector<char> bytes_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Whether the file is refused with a reason.
bool refused(const fs::path& path) {
  try {
    PackedFile(path).load();
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
    return true;
  }
  return false;
}

// Equal models give equal files.
TEST_F(PackedFileTest, AModelComesBackBitByBit) {
  for (const Fixture& fixture : kFixtures)
    for (const auto formats : {LoadOptions::Formats::kDense, LoadOptions::Formats::kSparse,
                               LoadOptions::Formats::kUnstructured}) {
      SCOPED_TRACE(fixture.name);
      const auto model = load_model(fixture_file(fixture.name), {.formats = formats});
      const fs::path first = written(*model);
      const auto again = PackedFile(first).load();
      EXPECT_EQ(bytes_of(written(*again)), bytes_of(first));
      ASSERT_TRUE(again->encoder);
      EXPECT_EQ(again->encoder->vocabulary, model->encoder->vocabulary);
      EXPECT_EQ(again->encoder->max_positions, model->encoder->max_positions);
      for (std::size_t i = 0; i < again->encoder->embeddings.tables.size(); ++i) {
        const kernels::EmbeddingTable& a = again->encoder->embeddings.tables[i].view;
        const kernels::EmbeddingTable& b = model->encoder->embeddings.tables[i].view;
        EXPECT_EQ(a.type, b.type);
        EXPECT_EQ(a.rows, b.rows);
        EXPECT_EQ(a.width, b.width);
        EXPECT_EQ(
            std::memcmp(a.data, b.data, model->encoder->embeddings.tables[i].tensor.bytes().size()),
            0);
      }
      if (fixture.integer)
        EXPECT_EQ(kernels::unpack_i8(again->encoder->layers[0].ffn_in.weights),
                  kernels::unpack_i8(model->encoder->layers[0].ffn_in.weights));
      else
        EXPECT_EQ(kernels::unpack_f32(again->encoder->layers[0].ffn_in.weights),
                  kernels::unpack_f32(model->encoder->layers[0].ffn_in.weights));
    }
}

TEST_F(PackedFileTest, ThreadsChangeNothing) {
  for (const char* name : {"int8_u8", "classifier_dynamo18"}) {
    const auto alone = bytes_of(written(*load_model(fixture_file(name), {.threads = 1})));
    const auto together = bytes_of(written(*load_model(fixture_file(name), {.threads = 5})));
    EXPECT_EQ(alone, together) << name;
  }
}

TEST_F(PackedFileTest, AModelWithoutAnEncoderComesBack) {
  const auto model = load_model(fixture_file("unrecognised_relu"));
  const fs::path first = written(*model);
  const auto again = PackedFile(first).load();
  EXPECT_FALSE(again->encoder);
  EXPECT_EQ(again->warnings, model->warnings);
  EXPECT_EQ(bytes_of(written(*again)), bytes_of(first));
}

// A fixture whose word table is large enough for pages of its own.
std::shared_ptr<const Model> model_with_a_large_table() {
  Graph graph = fixture_graph("legacy14_eager");
  for (auto& [name, tensor] : graph.initializers)
    if (tensor.dims() == Dims{60, 32})
      tensor = Tensor::of<float>({1000, 32}, std::vector<float>(32000, 0.75F));
  return make_model(graph);
}

TEST_F(PackedFileTest, ALargeTableOutlivesTheNameOfItsFile) {
  const auto model = model_with_a_large_table();
  const fs::path path = written(*model);
  const auto again = PackedFile(path).load();
  fs::remove(path);
  const Tensor& table = again->encoder->embeddings.tables[0].tensor;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(table.bytes().data()) % kPackedPage, 0U);
  EXPECT_EQ(table.data<float>()[31999], 0.75F);
}

TEST_F(PackedFileTest, SourceAndModeAreKept) {
  const PackedSource source{"avx2", "options", {{"", 12, 34}, {"weights.bin", 56, 78}}, 90};
  const fs::path path = written(*load_model(fixture_file("int8_u8")), source);
  const PackedFile file(path);
  EXPECT_EQ(file.source().isa, "avx2");
  EXPECT_EQ(file.source().options, "options");
  EXPECT_EQ(file.source().files, source.files);
  EXPECT_EQ(file.source().content, 90U);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_THROW(write_packed(path, *file.load(), source), std::system_error);
}

TEST_F(PackedFileTest, EveryTruncationIsRefused) {
  const std::vector<char> bytes = bytes_of(written(*load_model(fixture_file("int8_u8"))));
  const fs::path path = written(bytes);
  for (std::size_t size = bytes.size(); size-- > 0;) {
    fs::resize_file(path, size);
    ASSERT_TRUE(refused(path)) << size;
    if (size > 200 && size + 200 < bytes.size()) size -= std::min<std::size_t>(size - 200, 97);
  }
}

TEST_F(PackedFileTest, EveryDamagedByteOfHeaderAndFieldsIsRefused) {
  const std::vector<char> bytes = bytes_of(written(*load_model(fixture_file("int8_u8"))));
  PackedHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  const fs::path path = written(bytes);
  std::fstream stream(path, std::ios::binary | std::ios::in | std::ios::out);
  const auto put = [&](std::size_t at, char byte) {
    stream.seekp(static_cast<std::streamoff>(at)).put(byte).flush();
  };
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at == sizeof(header)) at = static_cast<std::size_t>(header.fields_offset);
    put(at, static_cast<char>(bytes[at] ^ 0x10));
    ASSERT_TRUE(refused(path)) << at;
    put(at, bytes[at]);
  }
  EXPECT_FALSE(refused(path));
}

// A forger can make hashes right. Then every byte is either harmless or refused, and nothing is
// read outside (which sanitizers see).
TEST_F(PackedFileTest, ForgedFieldsAreRefusedOrHarmless) {
  for (const char* name : {"int8_u8", "legacy17_sdpa"}) {
    std::vector<char> bytes = bytes_of(written(*load_model(fixture_file(name))));
    PackedHeader header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    const auto begin = static_cast<std::size_t>(header.fields_offset);
    std::size_t refusals = 0;
    const fs::path path = written(bytes);
    std::fstream stream(path, std::ios::binary | std::ios::in | std::ios::out);
    const auto put = [&](std::size_t offset, const char* from, std::size_t count) {
      stream.seekp(static_cast<std::streamoff>(offset))
          .write(from, static_cast<std::streamsize>(count))
          .flush();
    };
    for (std::size_t at = begin; at < bytes.size(); at += 7) {
      const char before = bytes[at];
      bytes[at] = static_cast<char>(before ^ (at % 2 == 0 ? 0x80 : 0x01));
      header.fields_hash = content_hash(std::as_bytes(std::span(bytes).subspan(begin)));
      header.header_hash =
          content_hash(std::as_bytes(std::span(&header, 1)).first(kHashedHeaderBytes));
      put(0, reinterpret_cast<const char*>(&header), sizeof(header));
      put(at, &bytes[at], 1);
      refusals += refused(path) ? 1 : 0;
      bytes[at] = before;
      put(at, &before, 1);
    }
    EXPECT_GT(refusals, 100U) << name;
  }
}

TEST_F(PackedFileTest, VerifySeesADamagedTable) {
  const fs::path path = written(*model_with_a_large_table());
  PackedFile(path).verify();
  std::fstream stream(path, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(kPackedPage + 5).put('x').flush();
  PackedFile(path).load();  // values are not looked at
  EXPECT_THROW(PackedFile(path).verify(), FormatError);
}

TEST_F(PackedFileTest, AnotherVersionIsNamed) {
  std::vector<char> bytes = bytes_of(written(*load_model(fixture_file("int8_u8"))));
  bytes[8] = 99;
  const fs::path path = written(bytes);
  try {
    const PackedFile file(path);
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_EQ(std::string(error.what()),
              path.string() + ": has version 99, expected " + std::to_string(kPackedVersion));
  }
}

}  // namespace
}  // namespace filigree::loader
