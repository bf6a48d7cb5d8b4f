#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "serve/http/page.h"

namespace filigree::serve {
namespace {

TEST(PageFiles, AreTheBytesOfTheSourceFiles) {
  ASSERT_FALSE(page_files().empty());
  for (const PageFile& file : page_files()) {
    std::ifstream stream(std::string(FILIGREE_SOURCE_DIR "/serve/ui/") + std::string(file.name),
                         std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(file.bytes, bytes) << file.name;
  }
}

TEST(PageFiles, HaveAStartPage) {
  EXPECT_TRUE(std::ranges::any_of(page_files(), [](const PageFile& file) {
    return file.name == "index.html" && file.content_type == "text/html; charset=utf-8";
  }));
}

}  // namespace
}  // namespace filigree::serve
