// Where packed models are kept, and that the server's loader keeps them there.
#include "serve/config/cache_choice.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "serve/config/config.h"
#include "serve/http/backend.h"

namespace filigree::serve {
namespace {

namespace fs = std::filesystem;

class CacheChoice : public ::testing::Test {
 protected:
  CacheChoice() {
    for (const char* name : {"FILIGREE_CACHE_DIR", "XDG_CACHE_HOME", "HOME"}) {
      if (const char* value = std::getenv(name)) before_[name] = value;
      ::unsetenv(name);
    }
  }
  ~CacheChoice() override {
    for (const char* name : {"FILIGREE_CACHE_DIR", "XDG_CACHE_HOME", "HOME"}) ::unsetenv(name);
    for (const auto& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
  }

 private:
  std::map<std::string, std::string> before_;
};

TEST_F(CacheChoice, TheFirstThatSaysSoDecides) {
  EXPECT_EQ(choose_cache_folder({}, {}), "");
  ::setenv("HOME", "/home/a", 1);
  EXPECT_EQ(choose_cache_folder({}, {}), "/home/a/.cache/filigree");
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(choose_cache_folder({}, {}), "/home/a/.cache/filigree");
  ::setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(choose_cache_folder({}, {}), "/xdg/filigree");
  EXPECT_EQ(choose_cache_folder({}, "key"), "key");
  ::setenv("FILIGREE_CACHE_DIR", "variable", 1);
  EXPECT_EQ(choose_cache_folder({}, "key"), "variable");
  EXPECT_EQ(choose_cache_folder("flag", "key"), "flag");
  ::setenv("FILIGREE_CACHE_DIR", "", 1);
  EXPECT_EQ(choose_cache_folder("", "key"), "key");
}

TEST_F(CacheChoice, TheKeyIsReadAndPrintedAgain) {
  const fs::path data = fs::path(FILIGREE_SOURCE_DIR) / "tests/data/encoders/int8_u8.onnx";
  const std::string yaml =
      "cache_dir: /kept/here\nendpoints:\n  - task: question_answering\n    model: " +
      data.string() + "\n";
  const Config config = parse_config(yaml, "serve.yaml", ".");
  EXPECT_EQ(config.cache_dir, "/kept/here");
  EXPECT_EQ(parse_config(effective_yaml(config), "again.yaml", ".").cache_dir, "/kept/here");
}

TEST_F(CacheChoice, TheLoaderOfTheServerKeepsModels) {
  const fs::path folder = fs::temp_directory_path() / ("serve_cache_" + std::to_string(::getpid()));
  const fs::path model = fs::path(FILIGREE_SOURCE_DIR) / "tests/data/encoders/int8_u8.onnx";
  loading_backend(kernels::Isa::kScalar).load_model(model, {});
  EXPECT_FALSE(fs::exists(folder));
  const Backend backend = loading_backend(kernels::Isa::kScalar, {.folder = folder});
  const auto first = backend.load_model(model, {});
  const auto second = backend.load_model(model, {});
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
  EXPECT_EQ(second->memory_bytes, first->memory_bytes);
  EXPECT_TRUE(second->warnings.empty());
  fs::remove_all(folder);
}

}  // namespace
}  // namespace filigree::serve
