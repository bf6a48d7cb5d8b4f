#include "tools/program_name.h"

#include <gtest/gtest.h>

namespace filigree::tools {
namespace {

using Words = std::vector<std::string>;

Words words_of(std::vector<const char*> arguments) { return command_words(arguments); }

TEST(ProgramName, OwnNameStandsForNoCommand) {
  EXPECT_EQ(words_of({"/usr/bin/filigree", "serve", "--port", "1"}),
            (Words{"serve", "--port", "1"}));
  EXPECT_EQ(words_of({"filigree"}), Words{});
  EXPECT_EQ(words_of({}), Words{});
}

TEST(ProgramName, NamesOfDeepSparseStandForCommands) {
  EXPECT_EQ(words_of({"deepsparse.server", "--task", "qa"}), (Words{"serve", "--task", "qa"}));
  EXPECT_EQ(words_of({"./bin/deepsparse.benchmark", "m", "-b", "2"}),
            (Words{"benchmark", "m", "-b", "2"}));
  EXPECT_EQ(words_of({"deepsparse.benchmark_pipeline"}), Words{"benchmark-pipeline"});
  EXPECT_EQ(words_of({"deepsparse.check_hardware"}), Words{"check-hardware"});
}

TEST(ProgramName, FoldersOnTheWayPlayNoPart) {
  EXPECT_EQ(words_of({"/opt/deepsparse.server/filigree", "help"}), Words{"help"});
}

TEST(ProgramName, NamesWithoutACommandAreWordsThatNoCommandHas) {
  EXPECT_EQ(words_of({"/usr/bin/deepsparse.openai", "x"}), (Words{"deepsparse.openai", "x"}));
}

}  // namespace
}  // namespace filigree::tools
