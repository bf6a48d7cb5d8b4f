// Loading through the cache gives the same model, whatever is wrong with the cache.
#include "loader/model_cache.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <fstream>
#include <functional>
#include <thread>

#include "loader/cache_writer.h"
#include "loader/error.h"
#include "loader/give_way.h"
#include "tests/loader/encoder_fixtures.h"
#include "tests/loader/model_content.h"
#include "tests/loader/proto_builder.h"

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
  std::string bytes(const Model& model) const { return content_of(model, folder_); }
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

TEST_F(ModelCacheTest, ALoadThatGivesWayGivesTheSameModel) {
  const auto model = load_model(model_);
  for (const char* from : {"ONNX", "a packed file"}) {
    std::atomic<std::size_t> calls{0};
    const std::function<void()> wait = [&] { ++calls; };
    const GiveWayScope scope(wait);
    EXPECT_EQ(bytes(*load_model(model_, {.threads = 2, .cache = {cache_}})), bytes(*model)) << from;
    EXPECT_GT(calls, model->matrices.size()) << from;
  }
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

TEST_F(ModelCacheTest, RacingProcessesAllSucceed) {
  constexpr int kProcesses = 4;
  fs::create_directories(folder_);
  std::array<int, 2> gate{};
  ASSERT_EQ(::pipe(gate.data()), 0);
  std::vector<::pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const ::pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(gate[1]);
      char nothing = 0;
      const ::ssize_t ended = ::read(gate[0], &nothing, 1);  // all begin when the gate closes
      bool right = ended == 0;
      for (int round = 0; round < 5 && right; ++round) {
        std::error_code ignored;
        // Now and then an entry goes away under the others.
        if (round == i) fs::remove_all(cache_, ignored);
        const auto model = load();
        right = model->encoder && model->encoder->layers.size() == 2;
      }
      ::_exit(right ? 0 : 1);
    }
    children.push_back(child);
  }
  ::close(gate[0]);
  ::close(gate[1]);
  for (const ::pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_TRUE(load()->warnings.empty());
  ASSERT_EQ(entries().size(), 1U);  // and nothing that was written aside
  EXPECT_TRUE(load(true)->warnings.empty());
}

TEST_F(ModelCacheTest, AnotherInstructionSetHasAFileOfItsOwn) {
  const auto cached = [&](kernels::Isa isa) {
    return load_model(model_, {.isa = isa, .cache = {cache_}});
  };
  cached(kernels::Isa::kScalar);
  const fs::path scalar = entries().front();
  cached(kernels::Isa::kAvx512Vnni);
  ASSERT_EQ(entries().size(), 2U);
  const fs::path vnni = entries()[entries()[0] == scalar ? 1 : 0];
  // Even in its place it is not taken for one of this instruction set.
  fs::copy_file(scalar, vnni, fs::copy_options::overwrite_existing);
  const LoadOptions options{.isa = kernels::Isa::kAvx512Vnni, .cache = {cache_}};
  EXPECT_EQ(ModelCache(model_, options).load(), nullptr);
  EXPECT_TRUE(cached(kernels::Isa::kAvx512Vnni)->warnings.empty());
  EXPECT_EQ(PackedFile(vnni).source().isa, "avx512_vnni");
}

TEST_F(ModelCacheTest, ExternalDataIsPartOfTheModel) {
  const fs::path data = folder_ / "weights.bin";
  std::ofstream(data, std::ios::binary) << std::string(16, '\1');
  const Proto entry = Proto().bytes(1, "location").bytes(2, "weights.bin");
  Proto graph;
  graph.message(5, tensor_proto("w", 1, {2, 2}).message(13, entry).varint(14, 1))
      .message(1, node_proto("MatMul", {"x", "w"}, {"y"}))
      .message(11, Proto().bytes(1, "x"))
      .message(12, Proto().bytes(1, "y"));
  std::ofstream(model_, std::ios::binary | std::ios::trunc) << model_proto(graph).text();
  const LoadOptions options{.cache = {cache_}};
  const auto first = load();
  const auto second = ModelCache(model_, options).load();
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(bytes(*second), bytes(*first));
  ASSERT_EQ(PackedFile(entries().front()).source().files.size(), 2U);

  const auto time = fs::last_write_time(data);
  std::fstream(data, std::ios::binary | std::ios::in | std::ios::out).put('\2').flush();
  fs::last_write_time(data, time);
  EXPECT_NE(ModelCache(model_, options).load(), nullptr);  // which only verifying sees
  EXPECT_THROW((ModelCache(model_, {.cache = {cache_, true}}).load()), FormatError);
  fs::last_write_time(data, time + std::chrono::seconds(1));
  EXPECT_EQ(ModelCache(model_, options).load(), nullptr);
  fs::resize_file(data, 20);
  fs::last_write_time(data, time);
  EXPECT_EQ(ModelCache(model_, options).load(), nullptr);
  fs::remove(data);
  EXPECT_THROW(load(), FormatError);
}

TEST_F(ModelCacheTest, AWriterKeepsTheModelAfterwards) {
  std::vector<std::string> warnings;
  CacheWriter writer([&](const std::string& warning) { warnings.push_back(warning); });
  const LoadOptions options{.cache = {cache_}};
  const auto first = load_model(model_, options, writer);
  writer.wait();
  ASSERT_EQ(entries().size(), 1U);
  const auto second = ModelCache(model_, options).load();
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(bytes(*second), bytes(*first));
  fs::permissions(cache_, fs::perms::others_write, fs::perm_options::add);
  fs::remove(entries().front());
  const auto third = load_model(model_, options, writer);
  writer.wait();
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("others may write there"), std::string::npos) << warnings[0];
}

}  // namespace
}  // namespace filigree::loader
