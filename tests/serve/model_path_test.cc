// Names of models: stubs, the map of the configuration, the folders of the environment.
#include "serve/config/model_path.h"

#include "tests/serve/config_support.h"

namespace filigree::serve {
namespace {

namespace fs = std::filesystem;

const std::string kZooName =
    "nlp/question_answering/bert-base/pytorch/huggingface/squad/pruned-moderate";

void add_model(const fs::path& folder) {
  fs::create_directories(folder);
  std::ofstream(folder / "model.onnx") << "x";
}

class ModelPath : public testing::Test {
 protected:
  ModelSearch search() const {
    return {.folder = models_.path(), .models = {}, .roots = {root("one"), root("two")}};
  }
  fs::path root(const std::string& name) const { return models_.path() / name; }

  static fs::path path_of(const std::string& model, const ModelSearch& search) {
    const auto found = find_model(model, search);
    if (const auto* reason = std::get_if<std::string>(&found)) ADD_FAILURE() << *reason;
    return std::holds_alternative<fs::path>(found) ? std::get<fs::path>(found) : fs::path();
  }
  static std::string reason_of(const std::string& model, const ModelSearch& search) {
    const auto found = find_model(model, search);
    return std::holds_alternative<std::string>(found) ? std::get<std::string>(found) : "found";
  }

  ModelFolder models_;
};

TEST_F(ModelPath, FindsStubsOfEverySyntaxInTheRoots) {
  for (const std::string& name :
       {kZooName, std::string("bert-large-squad_wikipedia_bookcorpus-pruned90_quantized")}) {
    add_model(root("two") / name);
    EXPECT_EQ(path_of("zoo:" + name, search()), root("two") / name);
    EXPECT_EQ(path_of("zoo:" + name + "?deployment=default", search()), root("two") / name);
  }
  add_model(root("one") / "org/name");
  EXPECT_EQ(path_of("hf:org/name", search()), root("one") / "org/name");
}

TEST_F(ModelPath, TakesTheFirstRootAndTheDeploymentFolder) {
  add_model(root("one") / "a" / "deployment");
  add_model(root("two") / "a");
  EXPECT_EQ(path_of("zoo:a", search()), root("one") / "a" / "deployment");
}

TEST_F(ModelPath, TheMapComesFirstAndIsSeenFromTheFileOfTheConfiguration) {
  add_model(root("one") / "a");
  ModelSearch with_map = search();
  with_map.models = {{"zoo:a", "m"}, {"hf:b", (models_.path() / "m").string()}, {"plain", "m"}};
  for (const char* name : {"zoo:a", "hf:b", "plain"})
    EXPECT_EQ(path_of(name, with_map), models_.path() / "m") << name;
}

TEST_F(ModelPath, SaysWhereItLookedForAStubAndWhereToPutTheFiles) {
  const std::string reason = reason_of("zoo:" + kZooName, search());
  for (const char* root_name : {"one", "two"})
    for (const char* below : {"", "/deployment"})
      EXPECT_NE(reason.find((root(root_name) / kZooName).string() + below), std::string::npos)
          << reason;
  EXPECT_NE(reason.find("Put model.onnx, config.json and tokenizer.json into " +
                        (root("one") / kZooName).string()),
            std::string::npos);
  EXPECT_NE(reason.find("models: {\"zoo:" + kZooName + "\": FOLDER}"), std::string::npos);
}

TEST_F(ModelPath, NamesTheVariablesWhenNoneIsSet) {
  const std::string reason = reason_of("hf:org/name", {});
  EXPECT_NE(reason.find("FILIGREE_MODELS_PATH and SPARSEZOO_MODELS_PATH are not set"),
            std::string::npos);
  EXPECT_NE(reason.find("DIR/org/name and set FILIGREE_MODELS_PATH=DIR"), std::string::npos);
}

TEST_F(ModelPath, AStubNeverLeavesItsRoot) {
  add_model(root("outside"));
  for (const char* stub : {"zoo:../outside", "hf:/etc", "zoo:", "hf:a/../../outside", "zoo:a/./b"})
    EXPECT_NE(reason_of(stub, search()).find("has no usable name"), std::string::npos) << stub;
}

TEST_F(ModelPath, AMapThatPointsNowhereSaysSo) {
  ModelSearch with_map = search();
  with_map.models = {{"zoo:a", "nowhere"}};
  EXPECT_EQ(reason_of("zoo:a", with_map),
            "model 'zoo:a' is 'nowhere' by the 'models' of the configuration, which is neither a "
            "folder with model.onnx nor a file; looked at " +
                (models_.path() / "nowhere").string());
}

TEST_F(ModelPath, DefaultIsNoModel) {
  EXPECT_NE(reason_of("default", search()).find("no network"), std::string::npos);
}

TEST_F(ModelPath, RootsComeFromTheEnvironmentInOrder) {
  ::setenv("FILIGREE_MODELS_PATH", "/a::/b", 1);
  ::setenv("SPARSEZOO_MODELS_PATH", "/c", 1);
  EXPECT_EQ(model_roots(), (std::vector<fs::path>{"/a", "/b", "/c"}));
  ::unsetenv("FILIGREE_MODELS_PATH");
  ::setenv("SPARSEZOO_MODELS_PATH", "", 1);
  EXPECT_TRUE(model_roots().empty());
  ::unsetenv("SPARSEZOO_MODELS_PATH");
}

class ModelsKey : public ConfigTest {};

TEST_F(ModelsKey, MapsStubsOfEndpoints) {
  const Config config = parse("models: {'zoo:a': m}\nendpoints:\n  - {task: qa, model: 'zoo:a'}\n");
  EXPECT_EQ(config.endpoints[0].model, "zoo:a");
  EXPECT_EQ(config.endpoints[0].model_path, models_.path() / "m");
}

TEST_F(ModelsKey, HasFoldersAsValues) {
  const std::string endpoints = "endpoints:\n  - {task: qa, model: m}\n";
  EXPECT_EQ(error_of("models:\n  'zoo:a': [m]\n" + endpoints),
            "f.yaml:2: 'models' gives 'zoo:a' sequence, expected a folder or .onnx file");
  EXPECT_EQ(error_of("models: m\n" + endpoints).substr(0, 9), "f.yaml:1:");
  EXPECT_EQ(error_of("models:\n" + endpoints), "accepted");
}

}  // namespace
}  // namespace filigree::serve
