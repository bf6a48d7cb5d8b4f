// Loading through the cache gives the same model, whatever is wrong with the cache.
#include "loader/model_cache.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include "loader/error.h"
#include "tests/loader/encoder_fixtures.h"

namespace filigree::loader {
namespace {

namespace fs = std::filesystem;

class ModelCacheTest : public ::testing::Test {
 protected:
  ModelCacheTest() {
    fs::create_directories(folder_);
    fs::copy_file(fixture_file("int8_u8"), model_);
  }
  ~ModelCacheTest() override { fs::remove_all(folder_); }

  std::shared_ptr<const Model> load(bool verify = false) const {
    return load_model(model_, {.cache = {cache_, verify}});
  }
  std::vector<fs::path> entries() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(cache_)) found.push_back(entry.path());
    return found;
  }
  // The model's bytes, for comparisons.
  std::string bytes(const Model& model) const {
    const fs::path path = folder_ / "compared";
    write_packed(path, model, {});
    std::ifstream stream(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    fs::remove(path);
    return text;
  }
  // A load that warns of `what`, and apart from that gives the model.
  void expect_warning(const std::string& what) const {
    const auto model = load();
    ASSERT_EQ(model->warnings.size(), 1U);
    EXPECT_NE(model->warnings[0].find(what), std::string::npos) << model->warnings[0];
    ASSERT_TRUE(model->encoder);
    EXPECT_EQ(kernels::unpack_i8(model->encoder->layers[1].ffn_out.weights),
              kernels::unpack_i8(load_model(model_)->encoder->layers[1].ffn_out.weights));
  }

  const fs::path folder_ =
      fs::temp_directory_path() / ("model_cache_" + std::to_string(::getpid()));
  const fs::path model_ = folder_ / "model.onnx";
  const fs::path cache_ = folder_ / "a" / "cache";
};

TEST_F(ModelCacheTest, TheSecondLoadIsOfThePackedFile) {
  const auto first = load();
  EXPECT_TRUE(first->warnings.empty());
  ASSERT_EQ(entries().size(), 1U);
  struct stat status {};
  ASSERT_EQ(::stat(cache_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  // Bytes that the file of the model does not have any more, at the same size and time.
  const auto time = fs::last_write_time(model_);
  std::fstream(model_, std::ios::binary | std::ios::in | std::ios::out).put('\xFF').flush();
  fs::last_write_time(model_, time);
  const auto second = load();
  EXPECT_TRUE(second->warnings.empty());
  EXPECT_EQ(second->file, model_.string());
  EXPECT_EQ(bytes(*second), bytes(*first));
  EXPECT_THROW(load(true), FormatError);  // verifying sees it; then the model cannot be read
}

TEST_F(ModelCacheTest, AChangedModelIsPackedAgain) {
  load();
  fs::last_write_time(model_, fs::last_write_time(model_) + std::chrono::seconds(1));
  const LoadOptions options{.cache = {cache_}};
  EXPECT_EQ(ModelCache(model_, options).load(), nullptr);
  EXPECT_TRUE(load()->warnings.empty());
  EXPECT_NE(ModelCache(model_, options).load(), nullptr);
  EXPECT_EQ(entries().size(), 1U);
}

TEST_F(ModelCacheTest, OptionsHaveFilesOfTheirOwn) {
  load();
  load_model(model_, {.formats = LoadOptions::Formats::kDense, .cache = {cache_}});
  load_model(model_, {.hidden_layer = 0, .cache = {cache_}});
  load_model(model_, {.imposed = {.zeros = 0.5}, .cache = {cache_}});
  load_model(model_, {.imposed = {.zeros = 0.5000001}, .cache = {cache_}});
  EXPECT_EQ(entries().size(), 5U);
}

TEST_F(ModelCacheTest, ATruncatedFileIsReplaced) {
  load();
  fs::resize_file(entries().front(), 1000);
  expect_warning("expected");
  EXPECT_TRUE(load()->warnings.empty());
}

TEST_F(ModelCacheTest, AnOlderFormatIsReplaced) {
  load();
  std::fstream stream(entries().front(), std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(8).put('\0').flush();
  expect_warning("has version 0");
  EXPECT_TRUE(load()->warnings.empty());
}

TEST_F(ModelCacheTest, AFolderThatCannotBeMadeCostsAWarning) {
  std::ofstream(folder_ / "a") << "a file";
  expect_warning("the packed model is not used");
}

TEST_F(ModelCacheTest, AFolderThatOthersWriteIsNotUsed) {
  load();
  fs::permissions(cache_, fs::perms::others_write, fs::perm_options::add);
  const auto model = load();
  ASSERT_EQ(model->warnings.size(), 2U);  // neither read nor written
  EXPECT_NE(model->warnings[0].find("others may write there"), std::string::npos);
}

TEST_F(ModelCacheTest, AFullDiskCostsAWarningAndLeavesNothing) {
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { 4096, before.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  expect_warning("the packed model is not used");
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(entries().empty());
}

TEST_F(ModelCacheTest, RacingLoadsAllSucceed) {
  std::vector<std::shared_ptr<const Model>> models(8);
  {
    std::vector<std::jthread> threads;
    for (auto& model : models) threads.emplace_back([&] { model = load(); });
  }
  for (const auto& model : models) EXPECT_TRUE(model->warnings.empty());
  EXPECT_EQ(entries().size(), 1U);
  EXPECT_TRUE(load(true)->warnings.empty());
}

}  // namespace
}  // namespace filigree::loader
