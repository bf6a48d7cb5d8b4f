// Packed files to give away: the model of the ONNX file, or a reason.
#include "loader/portable_model.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "loader/error.h"
#include "loader/model_file.h"
#include "loader/onnx_file.h"
#include "loader/packed_file.h"
#include "loader/packed_header.h"
#include "tests/loader/encoder_fixtures.h"
#include "tests/loader/expect_error.h"
#include "tests/loader/model_content.h"

namespace filigree::loader {
namespace {

namespace fs = std::filesystem;

class PortableModelTest : public ::testing::Test {
 protected:
  PortableModelTest() { fs::create_directories(folder_); }
  ~PortableModelTest() override { fs::remove_all(folder_); }

  fs::path packed(std::string_view fixture, const LoadOptions& options = {}) const {
    pack_model(fixture_file(fixture), file_, options);
    return file_;
  }
  std::string bytes(const Model& model) const { return content_of(model, folder_); }

  const fs::path folder_ = fs::temp_directory_path() / ("portable_" + std::to_string(::getpid()));
  const fs::path file_ = folder_ / "model.filigree";
};

std::vector<float> dense_floats(const Linear& linear) {
  return kernels::unpack_f32(linear.weights);
}

TEST_F(PortableModelTest, IsTheModelOfTheOnnxFile) {
  for (const char* name : {"int8_u8", "classifier_dynamo18", "unrecognised_relu"}) {
    const auto model = load_model(packed(name));
    EXPECT_EQ(model->file, file_.string());
    EXPECT_EQ(model->file_bytes, fs::file_size(file_));
    const auto original = load_model(fixture_file(name));
    EXPECT_EQ(model->memory_bytes, original->memory_bytes);
    EXPECT_EQ(model->warnings, original->warnings);
    // The same but for the size of the file that it came from.
    const auto same = load_portable(file_, {});
    same->file_bytes = original->file_bytes;
    EXPECT_EQ(bytes(*same), bytes(*original)) << name;
  }
}

TEST_F(PortableModelTest, IsReadableAsAnyFileAndNamesNobody) {
  const ::mode_t before = ::umask(022);
  packed("int8_u8", {.isa = kernels::Isa::kAvx2});
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644U);
  const PackedFile file(file_);
  EXPECT_EQ(file.source().isa, "avx2");
  EXPECT_TRUE(file.source().files.empty());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(PortableModelTest, IsFoundInAFolderWithoutOnnxFile) {
  packed("int8_u8");
  EXPECT_EQ(model_file(folder_), file_);
  EXPECT_TRUE(is_packed_file(file_));
  EXPECT_EQ(load_model(folder_)->file, file_.string());
  fs::copy_file(fixture_file("int8_u8"), folder_ / "model.onnx");
  EXPECT_EQ(model_file(folder_), folder_ / "model.onnx");
  EXPECT_FALSE(is_packed_file(folder_ / "model.onnx"));
  EXPECT_FALSE(is_packed_file(folder_ / "nothing"));
  EXPECT_FALSE(is_packed_file(folder_));
}

// What another instruction set needs is packed again: as from the ONNX file, and it says so.
TEST_F(PortableModelTest, OfAnotherInstructionSetIsPackedAgain) {
  for (const char* name : {"int8_u8", "legacy14_eager"}) {
    packed(name, {.isa = kernels::Isa::kScalar});
    const LoadOptions options{.isa = kernels::Isa::kAvx512Vnni, .threads = 3};
    auto model = load_portable(file_, options);
    ASSERT_EQ(model->warnings.size(), 1U);
    EXPECT_NE(model->warnings[0].find("was packed for scalar, and is packed again for avx512_vnni"),
              std::string::npos)
        << model->warnings[0];
    const auto original = load_model(fixture_file(name), options);
    EXPECT_EQ(model->memory_bytes, original->memory_bytes);
    model->warnings.clear();
    model->file_bytes = original->file_bytes;
    EXPECT_EQ(bytes(*model), bytes(*original)) << name;
  }
}

TEST_F(PortableModelTest, FormatsCanBeForced) {
  packed("legacy14_eager");
  for (const auto formats : {LoadOptions::Formats::kDense, LoadOptions::Formats::kSparse,
                             LoadOptions::Formats::kUnstructured}) {
    const auto model = load_model(file_, {.formats = formats});
    const auto original = load_model(fixture_file("legacy14_eager"), {.formats = formats});
    const Linear& matrix = model->encoder->layers[1].ffn_in;
    EXPECT_EQ(matrix.weights.format(), original->encoder->layers[1].ffn_in.weights.format());
    EXPECT_EQ(model->matrices[10].kernel, kernels::format_name(matrix.weights.format()));
    EXPECT_EQ(dense_floats(matrix), dense_floats(original->encoder->layers[1].ffn_in));
  }
}

TEST_F(PortableModelTest, EndsAfterALayer) {
  packed("legacy14_eager");
  for (const std::int64_t layer : {1, -1}) {
    const LoadOptions options{.hidden_layer = layer};
    auto model = load_portable(file_, options);
    const auto original = load_model(fixture_file("legacy14_eager"), options);
    EXPECT_EQ(model->output_names, original->output_names);
    EXPECT_EQ(model->memory_bytes, original->memory_bytes);
    model->file_bytes = original->file_bytes;
    EXPECT_EQ(bytes(*model), bytes(*original)) << layer;
  }
  const auto first = load_model(file_, {.hidden_layer = 0});
  const auto original = load_model(fixture_file("legacy14_eager"), {.hidden_layer = 0});
  ASSERT_EQ(first->encoder->layers.size(), 1U);
  EXPECT_EQ(first->matrices.size(), original->matrices.size());
  EXPECT_EQ(first->memory_bytes, original->memory_bytes);
  EXPECT_TRUE(first->encoder->output.ends_with(" of layer 0")) << first->encoder->output;
  EXPECT_EQ(dense_floats(first->encoder->layers[0].ffn_out),
            dense_floats(original->encoder->layers[0].ffn_out));
  expect_error<FormatError>([&] { load_model(file_, {.hidden_layer = 2}); },
                            file_.string() + ": the encoder has 2 layers, found layer 2 asked for");
  packed("unrecognised_relu");
  expect_error<FormatError>([&] { load_model(file_, {.hidden_layer = 0}); },
                            "has no encoder of which layer 0 could be read");
}

TEST_F(PortableModelTest, CanBePackedForAnotherInstructionSet) {
  const fs::path other = folder_ / "other";
  packed("legacy14_eager", {.isa = kernels::Isa::kScalar});
  pack_model(file_, other, {.isa = kernels::Isa::kAvx2});
  EXPECT_EQ(PackedFile(other).source().isa, "avx2");
  EXPECT_EQ(dense_floats(load_portable(other, {})->encoder->layers[0].query),
            dense_floats(load_model(fixture_file("legacy14_eager"))->encoder->layers[0].query));
}

TEST_F(PortableModelTest, WhatItCannotGiveIsRefused) {
  packed("legacy14_eager");
  expect_error<FormatError>([&] { load_model(file_, {.imposed = {.zeros = 0.5}}); },
                            file_.string() +
                                ": is a packed model, which cannot be loaded with "
                                "imposed zeros, expected the ONNX file");
  expect_error<FormatError>(
      [&] { load_model(file_, {.recognition = LoadOptions::Recognition::kNone}); },
      "cannot be interpreted as a whole");
  expect_error<FormatError>([&] { read_onnx(file_); },
                            file_.string() + ": is a packed model, expected an ONNX model");
}

TEST_F(PortableModelTest, EveryTruncationIsRefusedByName) {
  const auto size = fs::file_size(packed("int8_u8"));
  for (std::uintmax_t left = size - 1; left >= 8; left -= std::min(left, size / 40 + 1)) {
    fs::resize_file(file_, left);
    expect_error<FormatError>([&] { load_model(file_); }, file_.string() + ": ");
  }
}

// Bytes of sections have hashes, too, which count here: the file came from elsewhere.
TEST_F(PortableModelTest, DamagedWeightsAreRefused) {
  packed("int8_u8");
  std::fstream stream(file_, std::ios::binary | std::ios::in | std::ios::out);
  const auto at = static_cast<std::streamoff>(kPackedPage) + 7;
  char byte = 0;
  stream.seekg(at).get(byte);
  stream.seekp(at).put(static_cast<char>(byte ^ 1)).flush();
  EXPECT_NO_THROW(PackedFile(file_).load());
  expect_error<FormatError>([&] { load_model(file_); },
                            file_.string() + ": has a damaged section of");
}

TEST_F(PortableModelTest, AnOlderVersionIsNamed) {
  packed("int8_u8");
  std::fstream(file_, std::ios::binary | std::ios::in | std::ios::out).seekp(8).put('\1').flush();
  expect_error<FormatError>([&] { load_model(file_); },
                            ": has version 1, expected " + std::to_string(kPackedVersion));
}

TEST_F(PortableModelTest, IsNotWrittenOverItsSourceNorWhereNothingCanBe) {
  const fs::path model = folder_ / "model.onnx";
  fs::copy_file(fixture_file("int8_u8"), model);
  expect_error<FormatError>([&] { pack_model(model, model, {}); }, "is the model itself");
  EXPECT_EQ(fs::file_size(model), fs::file_size(fixture_file("int8_u8")));
  try {
    pack_model(model, folder_ / "none" / "m.filigree", {});
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("m.filigree: cannot be written"), std::string::npos);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace filigree::loader
