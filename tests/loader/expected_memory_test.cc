// What a model is expected to take, against what it takes, with copies for NUMA nodes. This machine
// need not have the nodes: copies are made all the same, and a warning says where they lie.
#include "loader/expected_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "loader/packed_file.h"
#include "loader/portable_model.h"
#include "tests/loader/encoder_fixtures.h"

namespace filigree::loader {
namespace {

namespace fs = std::filesystem;
using Policy = WeightPlacement::Policy;

class ExpectedMemory : public ::testing::Test {
 protected:
  ExpectedMemory() { fs::create_directories(folder_); }
  ~ExpectedMemory() override { fs::remove_all(folder_); }

  LoadOptions on(WeightPlacement placement) const {
    return {.cache = {.folder = folder_ / "cache"}, .placement = std::move(placement)};
  }

  const fs::path folder_ =
      fs::temp_directory_path() / ("expected_memory_" + std::to_string(::getpid()));
  const fs::path file_ = fixture_file("int8_u8");
};

TEST_F(ExpectedMemory, HasTheMatricesOfAPackedModelOnceForEachNode) {
  const std::size_t loaded = load_model(file_, on({}))->memory_bytes;
  const std::size_t expected = expected_memory_bytes(file_, on({}));
  for (const std::vector<int>& nodes : {std::vector{0}, {0, 1}, {0, 1, 2, 3}}) {
    SCOPED_TRACE(nodes.size());
    const LoadOptions replicated = on({Policy::kReplicated, nodes});
    const std::size_t copies = load_model(file_, replicated)->memory_bytes - loaded;
    EXPECT_EQ(copies > 0, nodes.size() > 1);
    EXPECT_EQ(expected_memory_bytes(file_, replicated), expected + copies);
  }
  EXPECT_EQ(expected_memory_bytes(file_, on({Policy::kInterleaved, {0, 1}})), expected);
}

TEST_F(ExpectedMemory, IsTheSameOfAPackedFileToGiveAway) {
  const fs::path packed = folder_ / "model.filigree";
  pack_model(file_, packed, {});
  const WeightPlacement two{Policy::kReplicated, {0, 1}};
  const std::size_t copy =
      load_model(packed, {.placement = two})->memory_bytes - load_model(packed, {})->memory_bytes;
  ASSERT_GT(copy, 0u);
  EXPECT_EQ(expected_memory_bytes(packed, {.placement = two}), fs::file_size(packed) + copy);
}

TEST_F(ExpectedMemory, IsTheOnnxFileForEachNodeBeforeItIsPacked) {
  const std::size_t bytes = fs::file_size(file_);
  EXPECT_EQ(expected_memory_bytes(file_, on({})), bytes);
  EXPECT_EQ(expected_memory_bytes(file_, on({Policy::kReplicated, {0, 1, 2}})), 3 * bytes);
  EXPECT_EQ(expected_memory_bytes(folder_ / "none.onnx", on({Policy::kReplicated, {0, 1}})), 0u);
}

TEST_F(ExpectedMemory, OfADamagedPackedFileIsThatOfTheModelThatWillBeRead) {
  load_model(file_, on({}));
  const fs::path packed = fs::directory_iterator(folder_ / "cache")->path();
  std::fstream(packed, std::ios::binary | std::ios::in | std::ios::out).put('X').flush();
  EXPECT_EQ(expected_memory_bytes(file_, on({Policy::kReplicated, {0, 1}})),
            2 * fs::file_size(file_));
}

}  // namespace
}  // namespace filigree::loader
