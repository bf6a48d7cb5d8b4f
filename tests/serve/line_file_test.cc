#include "serve/line_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace filigree::serve {
namespace {

std::string content(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class LineFileTest : public testing::Test {
 protected:
  LineFileTest()
      : path_(std::filesystem::temp_directory_path() /
              ("line_file_test." + std::to_string(::getpid()))) {
    std::filesystem::remove(path_);
  }
  ~LineFileTest() override {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_.string() + ".1");
  }

  const std::filesystem::path path_;
};

TEST_F(LineFileTest, AppendsToWhatIsThere) {
  std::ofstream(path_) << "old\n";
  LineFile(path_.string()).write("new\n");
  EXPECT_EQ(content(path_), "old\nnew\n");
}

TEST_F(LineFileTest, WritesAtTheNewEndOfAFileThatWasTruncated) {
  LineFile file(path_.string());
  file.write("one\n");
  std::filesystem::resize_file(path_, 0);
  file.write("two\n");
  EXPECT_EQ(content(path_), "two\n");
}

TEST_F(LineFileTest, GoesOnInANewFileWhenReopened) {
  LineFile file(path_.string());
  file.write("one\n");
  std::filesystem::rename(path_, path_.string() + ".1");
  file.write("two\n");
  EXPECT_EQ(file.reopen(), "");
  file.write("three\n");
  EXPECT_EQ(content(path_.string() + ".1"), "one\ntwo\n");
  EXPECT_EQ(content(path_), "three\n");
}

TEST_F(LineFileTest, NamesWhatCannotBeOpened) {
  try {
    LineFile file("/no/such/folder/log");
    FAIL() << "opened";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "/no/such/folder/log cannot be opened: No such file or directory");
  }
}

TEST_F(LineFileTest, DropsAndCountsOnAFullDisk) {
  LineFile file("/dev/full");
  file.write("one\ntwo\n");
  file.write("three\n");
  EXPECT_EQ(file.dropped(), 3U);
}

TEST_F(LineFileTest, DropsWhenNobodyReadsAPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  LineFile file(ends[1]);
  ::close(ends[0]);
  file.write("one\n");  // would be SIGPIPE
  EXPECT_EQ(file.dropped(), 1U);
  ::close(ends[1]);
}

TEST_F(LineFileTest, NeverWaitsForThePipeToBeRead) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  LineFile file(ends[1]);
  const std::string line = std::string(99, 'x') + "\n";
  std::size_t lines = 0;
  while (file.dropped() == 0 && lines < 100'000) {
    file.write(line);
    ++lines;
  }
  EXPECT_EQ(file.dropped(), 1U);
  // The reader comes back: whole lines, then one that may be torn, then the next.
  std::string read(200'000, '\0');
  const ssize_t count = ::read(ends[0], read.data(), read.size());
  ASSERT_GT(count, 0);
  file.write("next\n");
  std::array<char, 64> rest{};
  const ssize_t more = ::read(ends[0], rest.data(), rest.size());
  const std::string all = read.substr(0, static_cast<std::size_t>(count)) +
                          std::string(rest.data(), static_cast<std::size_t>(more));
  EXPECT_TRUE(all.ends_with("\nnext\n"));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(LineFileTest, NeverWaitsForASocketToBeRead) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  LineFile file(ends[1]);
  const std::string line = std::string(999, 'x') + "\n";
  for (int lines = 0; file.dropped() == 0 && lines < 100'000; ++lines) file.write(line);
  EXPECT_EQ(file.dropped(), 1U);
  ::close(ends[0]);
  file.write(line);
  EXPECT_EQ(file.dropped(), 2U);
  ::close(ends[1]);
}

}  // namespace
}  // namespace filigree::serve
