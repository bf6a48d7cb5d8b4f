#include "tests/serve/config_support.h"

namespace filigree::serve {
namespace {

class ConfigFile : public ConfigTest {};

TEST_F(ConfigFile, IsReadFromDiskWithModelsBesideIt) {
  const auto file = models_.path() / "serve.yaml";
  std::ofstream(file) << "endpoints:\n  - {task: qa, model: m}\n";
  EXPECT_EQ(load_config(file).endpoints.at(0).model_path, models_.path() / "m");
}

TEST_F(ConfigFile, NamesAFileThatCannotBeRead) {
  EXPECT_THROW(load_config(models_.path() / "no.yaml"), ConfigError);
  EXPECT_THROW(load_config(models_.path()), ConfigError);
}

TEST_F(ConfigFile, RefusesAFileThatIsTooLarge) {
  const auto file = models_.path() / "large.yaml";
  std::ofstream(file) << std::string(2 << 20, ' ');
  EXPECT_THROW(load_config(file), ConfigError);
}

TEST_F(ConfigFile, OfACommandLineHasTheTaskAsName) {
  const Config config = config_for_task("qa", (models_.path() / "m").string());
  ASSERT_EQ(config.endpoints.size(), 1U);
  EXPECT_EQ(config.endpoints[0].name, "qa");
  EXPECT_EQ(task_of(config.endpoints[0].options), TaskKind::kQuestionAnswering);
}

TEST_F(ConfigFile, OfACommandLineChecksTaskAndModel) {
  EXPECT_THROW(config_for_task("yolo", (models_.path() / "m").string()), ConfigError);
  EXPECT_THROW(config_for_task("qa", "/nowhere"), ConfigError);
  EXPECT_THROW(config_for_task("qa", ""), ConfigError);
}

}  // namespace
}  // namespace filigree::serve
