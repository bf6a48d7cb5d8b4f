#include "tests/tools/made_models.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <stdexcept>

namespace filigree::tools {

namespace fs = std::filesystem;

MadeModels::MadeModels() {
  std::string name = (fs::temp_directory_path() / "filigree_made.XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
}

MadeModels::~MadeModels() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

fs::path MadeModels::make(const std::string& name, const std::string& flags) const {
  const fs::path target = folder_ / name;
  std::vector<std::string> words{"make-model", "--output", target.string()};
  for (std::string& word : words_of(flags)) words.push_back(std::move(word));
  const Outcome outcome = run_words(words);
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  return target;
}

}  // namespace filigree::tools
