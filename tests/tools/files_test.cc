#include "tools/cli/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "filigree_files.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(Files, WrittenFileReadsBackAndReplacesTheFormerOne) {
  const fs::path file = folder_ / "out file.json";
  write_file(file, "first, and longer");
  const std::string content("se\0cond", 7);
  write_file(file, content);
  EXPECT_EQ(read_file(file), content);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, FailedWriteLeavesNothingBehind) {
  fs::create_directory(folder_ / "taken");
  EXPECT_THROW(write_file(folder_ / "taken", "x"), InputError);
  EXPECT_THROW(write_file(folder_ / "no" / "where", "x"), InputError);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, MissingFileIsNamedWithTheReason) {
  const fs::path file = folder_ / "missing.json";
  try {
    read_file(file);
    FAIL() << "expected InputError";
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()),
              file.string() + ": cannot open: No such file or directory");
  }
}

}  // namespace
}  // namespace filigree::tools
