// The command: what it writes, where, and what it refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "loader/model.h"
#include "loader/onnx_file.h"
#include "serve/config/config.h"
#include "serve/json.h"
#include "tests/tools/made_models.h"
#include "tokenizer/tokenizer.h"
#include "tools/cli/files.h"
#include "tools/model_maker/model_folder.h"
#include "tools/model_maker/zoo.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

const std::string kSmall = "--layers 1 --hidden 32 --heads 2 --vocab 64 --max-tokens 16 ";

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

serve::Json json_file(const fs::path& file) {
  return std::get<serve::Json>(serve::parse_json(read_file(file)));
}

std::string message_of(const std::string& flags) {
  const MadeModels models;
  std::vector<std::string> words{"make-model", "--output", (models.folder() / "m").string()};
  for (std::string& word : words_of(flags)) words.push_back(std::move(word));
  const Outcome outcome = run_words(words);
  EXPECT_EQ(outcome.code, ExitCode::kInputError);
  EXPECT_TRUE(names_in(models.folder()).empty());
  return outcome.err;
}

TEST(MakeModel, WritesACompleteFolderLabelledRandomWeights) {
  const MadeModels models;
  const fs::path folder = models.make("small", kSmall + "--sparsity 50 --precision int8");
  EXPECT_EQ(names_in(folder), (std::vector<std::string>{"card.json", "config.json", "model.onnx",
                                                        "special_tokens_map.json", "tokenizer.json",
                                                        "tokenizer_config.json"}));
  EXPECT_EQ(names_in(models.folder()), std::vector<std::string>{"small"});
  const serve::Json card = json_file(folder / "card.json");
  EXPECT_EQ(*card.find("weights")->as_string(), "random");
  EXPECT_EQ(*card.find("name")->as_string(), "small");
  EXPECT_EQ(*card.find("encoder_sparsity")->as_double(), 0.5);
  EXPECT_EQ(*json_file(folder / "config.json").find("vocab_size")->as_integer(), 64);
  EXPECT_EQ(loader::load_model(folder)->encoder->vocabulary, 64U);
  EXPECT_NE(run_words({"inspect", folder.string()}).out.find("weights:     random (card.json)"),
            std::string::npos);
}

TEST(MakeModel, TellsMachinesWhatItMade) {
  const MadeModels models;
  std::vector<std::string> words{"make-model", "--json", "--output",
                                 (models.folder() / "m").string()};
  for (std::string& word : words_of(kSmall + "--sparsity 75 --pattern 1x4")) words.push_back(word);
  const Outcome outcome = run_words(words);
  const auto parsed = serve::parse_json(outcome.out);
  const auto* json = std::get_if<serve::Json>(&parsed);
  ASSERT_NE(json, nullptr) << outcome.out << outcome.err;
  EXPECT_EQ(*json->find("folder")->as_string(), (models.folder() / "m").string());
  EXPECT_EQ(*json->find("sparsity")->as_integer(), 75);
  EXPECT_EQ(*json->find("pattern")->as_string(), "1x4");
  EXPECT_EQ(*json->find("weights")->as_string(), "random");
}

TEST(MakeModel, GivesTheSameBytesForTheSameSeedAndOthersForAnother) {
  const MadeModels models;
  const auto bytes = [&](const std::string& name, const std::string& flags) {
    return read_file(models.make(name, kSmall + flags) / "model.onnx");
  };
  for (const std::string precision : {"fp32", "int8"}) {
    const std::string flags = "--sparsity 70 --precision " + precision;
    const std::string first = bytes("a" + precision, flags + " --seed 5");
    EXPECT_EQ(first, bytes("b" + precision, flags + " --seed 5"));
    EXPECT_NE(first, bytes("c" + precision, flags + " --seed 6"));
  }
}

TEST(MakeModel, ModelsOfOneSeedShareTheirEmbeddings) {
  const MadeModels models;
  const auto table = [&](const std::string& name, const std::string& flags) {
    const auto graph = loader::read_onnx(models.make(name, flags) / "model.onnx");
    const auto bytes = graph.initializers.at("bert.embeddings.word_embeddings.weight").bytes();
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  const std::string shape = "--hidden 32 --heads 2 --vocab 64 --max-tokens 16 ";
  EXPECT_EQ(table("deep", shape + "--layers 3 --sparsity 90"), table("flat", shape + "--layers 1"));
}

TEST(MakeModel, TokenizersOfEveryFamilyAndSizeLoadAndEncode) {
  const MadeModels models;
  struct Case {
    std::string flags;
    std::size_t vocabulary;
    std::int32_t first, separator;
    std::string pair;
  };
  const std::string bert = "[CLS] the [SEP] a ##b [SEP] ";
  const Case cases[] = {
      {"--vocab 30522", 30522, 101, 102, "[CLS] the [SEP] ab [SEP] "},
      {"--vocab 200", 200, 2, 3, bert},
      {"--vocab 31000", 31000, 2, 3, "[CLS] the [SEP] ab [SEP] "},
      {"--family roberta --vocab 200", 200, 0, 2, "<s> the </s> </s> a ##b </s> "}};
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    SCOPED_TRACE(cases[i].flags);
    const auto tokenizer = tokenizer::Tokenizer::from_folder(models.make(
        std::to_string(i), "--layers 1 --hidden 4 --heads 1 --max-tokens 16 " + cases[i].flags));
    std::string pair;
    const auto encoding = tokenizer.encode("the", "ab");
    for (const std::int32_t id : encoding.ids) pair += std::string(tokenizer.token(id)) + " ";
    EXPECT_EQ(pair, cases[i].pair);
    EXPECT_EQ(encoding.ids.front(), cases[i].first);
    EXPECT_EQ(encoding.ids.back(), cases[i].separator);
    EXPECT_EQ(json_file(models.folder() / std::to_string(i) / "tokenizer.json")
                  .find("model")
                  ->find("vocab")
                  ->as_object()
                  ->size(),
              cases[i].vocabulary);
  }
}

TEST(MakeModel, RefusesWhatCannotBe) {
  EXPECT_NE(message_of("--precision fp8").find("--precision is 'fp8', expected one of fp32"),
            std::string::npos);
  EXPECT_NE(message_of("--hidden 100 --heads 7").find("--heads is 7, expected a divisor"),
            std::string::npos);
  EXPECT_NE(message_of("--sparsity 100").find("sparsity"), std::string::npos);
  EXPECT_NE(message_of("--sparsity 50 --pattern none").find("--sparsity is 50, expected 0"),
            std::string::npos);
  EXPECT_NE(message_of("--opset 10").find("opset"), std::string::npos);
}

TEST(MakeModel, LeavesAnExistingFolderAlone) {
  const MadeModels models;
  std::ofstream(models.folder() / "file") << "mine";
  const Outcome outcome =
      run_words({"make-model", "--output", models.folder().string(), "--layers", "1"});
  EXPECT_EQ(outcome.code, ExitCode::kInputError);
  EXPECT_NE(outcome.err.find("expected the name of a new or empty folder"), std::string::npos);
  EXPECT_EQ(names_in(models.folder()), std::vector<std::string>{"file"});
}

class MadeZoo : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    models_ = new MadeModels;
    const Outcome outcome = run_words({"make-model", "--zoo", folder().string(), "--hidden", "32",
                                       "--vocab", "64", "--max-tokens", "16"});
    EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  }
  static void TearDownTestSuite() { delete models_; }
  static fs::path folder() { return models_->folder() / "zoo"; }

  static inline MadeModels* models_ = nullptr;
};

TEST_F(MadeZoo, HasNineteenModelsOfTwelveSixAndThreeLayers) {
  std::map<std::string, int> counts;
  for (const ZooModel& zoo : zoo_models()) {
    const auto model = loader::load_model(folder() / zoo.id);
    ASSERT_TRUE(model->encoder.has_value()) << zoo.id;
    const bool integer = model->encoder->layers[0].query.input.has_value();
    std::size_t nonzeros = 0, weights = 0;
    for (const loader::MatrixInfo& matrix : model->matrices) {
      nonzeros += matrix.nonzeros;
      weights += matrix.rows * matrix.cols;
    }
    ++counts[integer ? "int8" : nonzeros == weights ? "dense" : "pruned"];
    ++counts[std::to_string(model->encoder->layers.size()) + " layers"];
  }
  EXPECT_EQ(counts, (std::map<std::string, int>{{"int8", 7},
                                                {"pruned", 11},
                                                {"dense", 1},
                                                {"12 layers", 7},
                                                {"6 layers", 6},
                                                {"3 layers", 6}}));
}

TEST_F(MadeZoo, SharesOneTeachersEmbeddings) {
  std::set<std::string> tables;
  for (const ZooModel& zoo : zoo_models()) {
    const auto graph = loader::read_onnx(folder() / zoo.id / "model.onnx");
    for (const auto& [name, tensor] : graph.initializers)
      if (name.find("embeddings.word_embeddings.weight") != std::string::npos &&
          tensor.dims().size() == 2)
        tables.insert(
            {reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size()});
  }
  EXPECT_EQ(tables.size(), 2U);  // float and bytes
}

TEST_F(MadeZoo, IsServedFromItsFolderAsItIs) {
  const serve::Config big = serve::load_config(folder() / "big-config.yaml");
  EXPECT_EQ(big.endpoints.size(), 19U);
  EXPECT_TRUE(big.warnings.empty());
  for (const serve::EndpointConfig& endpoint : big.endpoints) {
    EXPECT_TRUE(endpoint.model.starts_with(
        "zoo:nlp/question_answering/bert-base/pytorch/huggingface/squad/"));
    EXPECT_EQ(*endpoint.route,
              "/predict/question_answering/" + endpoint.model_path.filename().string());
  }
  std::vector<std::string> routes;
  for (const auto& endpoint : serve::load_config(folder() / "config.yaml").endpoints)
    routes.push_back(endpoint.route->substr(sizeof "/predict/question_answering"));
  EXPECT_EQ(routes, (std::vector<std::string>{"quant6lagg96", "quant3lagg89", "12l_pruned80_quant",
                                              "base"}));
}

TEST(MakeModel, ZooRefusesWhatItsModelsDifferIn) {
  const MadeModels models;
  const Outcome outcome =
      run_words({"make-model", "--zoo", (models.folder() / "z").string(), "--layers", "2"});
  EXPECT_EQ(outcome.code, ExitCode::kInputError);
  EXPECT_NE(outcome.err.find("--layers does not go with --zoo"), std::string::npos);
}

TEST(MakeModel, CheckpointsCanEndTheWorkAtEveryStep) {
  const MadeModels models;
  struct Stop {};
  ModelSpec spec;
  spec.layers = 2;
  spec.hidden = spec.intermediate = 8;
  spec.heads = 1;
  spec.vocabulary = 16;
  spec.precision = Precision::kInt8;
  int steps = 0;
  write_model(spec, models.folder(), "m", [&] { ++steps; });
  ASSERT_GT(steps, 4);
  for (int last = 0; last < steps; ++last) {
    int step = 0;
    const auto stop = [&] {
      if (step++ == last) throw Stop();
    };
    EXPECT_THROW(write_model(spec, models.folder(), "m", stop), Stop) << last;
  }
}

}  // namespace
}  // namespace filigree::tools
