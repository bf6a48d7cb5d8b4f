// The cache of packed models, listed and cleared.
#include <gtest/gtest.h>

#include <fstream>

#include "loader/model.h"
#include "tests/tools/made_models.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

class CacheCommands : public testing::Test {
 protected:
  CacheCommands() {
    const fs::path model = models_.make("m", "--layers 1 --hidden 32 --heads 2 --vocab 200");
    loader::LoadOptions options;
    options.cache.folder = folder_;
    loader::load_model(model, options);
    write("notes.txt");
    write(".0-0-0.packed.12.0");
    write("damaged.packed");
  }

  void write(const std::string& name) const { std::ofstream(folder_ / name) << "something"; }
  Outcome run_cache(const std::string& what) const {
    return run_words({"cache", what, "--cache-dir", folder_.string()});
  }

  MadeModels models_;
  fs::path folder_ = models_.folder() / "cache";
};

TEST_F(CacheCommands, ListWhatIsThereAndWhatCannotBeUsed) {
  const Outcome outcome = run_cache("list");
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_NE(outcome.out.find(": 3 files, "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("isa "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("cannot be used: "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("unfinished"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("notes.txt"), std::string::npos);
}

TEST_F(CacheCommands, ClearRemovesOnlyWhatIsOurs) {
  const Outcome outcome = run_cache("clear");
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_NE(outcome.out.find(": removed 3 files, "), std::string::npos) << outcome.out;
  EXPECT_TRUE(fs::exists(folder_ / "notes.txt"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
  EXPECT_NE(run_cache("list").out.find(": 0 files, 0.0 MB"), std::string::npos);
}

TEST(CacheFolder, ThatIsNotThereHoldsNothing) {
  const Outcome outcome = run_words({"cache", "list", "--json", "--cache-dir", "/no/such/folder"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_EQ(outcome.out, "{\"folder\":\"/no/such/folder\",\"files\":[]}\n");
}

}  // namespace
}  // namespace filigree::tools
