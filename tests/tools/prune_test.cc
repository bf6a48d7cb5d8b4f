// The command: what it changes, what it leaves, what it refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "kernels/isa.h"
#include "loader/model.h"
#include "loader/onnx_file.h"
#include "serve/json.h"
#include "tests/tools/made_models.h"
#include "tools/cli/files.h"
#include "tools/compress/encoder_linears.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

const std::string kSmall = "--layers 2 --hidden 32 --heads 2 --vocab 200 --max-tokens 32 ";

class PruneTest : public testing::Test {
 protected:
  fs::path dense(const std::string& flags = "") { return models_.make("dense", kSmall + flags); }

  fs::path calibration() {
    const fs::path file = models_.folder() / "texts.jsonl";
    std::ofstream out(file);
    for (int i = 0; i < 12; ++i)
      out << R"({"text": "the first of )" << i << R"( words about time and )" << i * i << "\"}\n";
    return file;
  }

  Outcome prune(const fs::path& from, const std::string& to, std::vector<std::string> flags) {
    std::vector<std::string> words{"prune", "--model_path", from.string(), "--output",
                                   (models_.folder() / to).string()};
    words.insert(words.end(), flags.begin(), flags.end());
    return run_words(words);
  }

  fs::path pruned(const fs::path& from, const std::string& to, std::vector<std::string> flags) {
    const Outcome outcome = prune(from, to, std::move(flags));
    EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
    return models_.folder() / to;
  }

  MadeModels models_;
};

// Zeros of each linear layer, by name.
std::map<std::string, double> sparsities(const fs::path& folder) {
  std::map<std::string, double> result;
  const auto model = loader::load_model(folder);
  EXPECT_EQ(model->matrices.size(), 12U);
  for (const loader::MatrixInfo& matrix : model->matrices)
    result[matrix.name.substr(0, matrix.name.find(':'))] =
        1 - static_cast<double>(matrix.nonzeros) / static_cast<double>(matrix.rows * matrix.cols);
  return result;
}

TEST_F(PruneTest, PrunesTheLayersAndNothingElse) {
  for (const std::string precision : {"fp32", "fp16"}) {
    const fs::path from = models_.make("dense_" + precision, kSmall + "--precision " + precision);
    const fs::path to = pruned(from, "to_" + precision, {"--sparsity", "75"});
    for (const auto& [name, zeros] : sparsities(to)) EXPECT_EQ(zeros, 0.75) << name;
    const loader::Graph before = loader::read_onnx(from / "model.onnx");
    const loader::Graph after = loader::read_onnx(to / "model.onnx");
    std::size_t changed = 0;
    for (const auto& [name, tensor] : before.initializers)
      changed += std::ranges::equal(tensor.bytes(), after.initializers.at(name).bytes()) ? 0 : 1;
    EXPECT_EQ(changed, 12U);
    EXPECT_EQ(after.initializers.size(), before.initializers.size());
    EXPECT_EQ(read_file(to / "tokenizer.json"), read_file(from / "tokenizer.json"));
  }
}

TEST_F(PruneTest, LayersCanHaveTheirOwnSparsity) {
  const fs::path to = pruned(
      dense(), "to",
      {"--sparsity", "50", "--layer", "layer 0 *=0", "--layer", "*ffn in=75", "--pattern", "4x1"});
  const auto zeros = sparsities(to);
  EXPECT_EQ(zeros.at("layer 0 query"), 0);
  EXPECT_EQ(zeros.at("layer 0 ffn in"), 0.75);
  EXPECT_EQ(zeros.at("layer 1 query"), 0.5);
}

TEST_F(PruneTest, SecondOrderLosesLessOfEveryOutputThanMagnitude) {
  const fs::path from = dense(), text = calibration();
  const auto errors = [&](const std::string& method) {
    const Outcome outcome =
        prune(from, "to_" + method,
              {"--sparsity", "60", "--calibration", text.string(), "--method", method, "--json"});
    EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
    const auto parsed = serve::parse_json(outcome.out);
    std::vector<double> result;
    for (const serve::Json& row : *std::get<serve::Json>(parsed).find("matrices")->as_array())
      result.push_back(*row.find("output_error")->as_double());
    return result;
  };
  const std::vector<double> magnitude = errors("magnitude"), obc = errors("obc");
  ASSERT_EQ(magnitude.size(), 12U);
  ASSERT_EQ(obc.size(), 12U);
  // Only the first three have the same inputs in both.
  for (std::size_t i = 0; i < 3; ++i) EXPECT_LT(obc[i], 0.8 * magnitude[i]) << i;
  for (const auto& [name, zeros] : sparsities(models_.folder() / "to_obc"))
    EXPECT_NEAR(zeros, 0.6, 0.001) << name;
}

TEST_F(PruneTest, ThreadsAndInstructionSetsChangeNoByte) {
  const fs::path from = dense(), text = calibration();
  const auto bytes = [&](const std::string& to, const std::string& cores, const std::string& isa) {
    return read_file(pruned(from, to,
                            {"--sparsity", "60", "--calibration", text.string(), "--num-cores",
                             cores, "--isa", isa}) /
                     "model.onnx");
  };
  const std::string one = bytes("a", "1", "scalar");
  EXPECT_EQ(bytes("b", "3", "scalar"), one);
  EXPECT_EQ(bytes("c", "2", std::string(kernels::isa_name(kernels::supported_tables().back().isa))),
            one);
}

TEST_F(PruneTest, CardsSayHowTheModelWasMade) {
  const fs::path to = pruned(dense(), "to", {"--sparsity", "50"});
  const auto card = std::get<serve::Json>(serve::parse_json(read_file(to / "card.json")));
  EXPECT_EQ(*card.find("name")->as_string(), "to");
  EXPECT_EQ(*card.find("encoder_sparsity")->as_double(), 0.5);
  EXPECT_EQ(*card.find("size_bytes")->as_integer(),
            static_cast<std::int64_t>(fs::file_size(to / "model.onnx")));
  EXPECT_NE(card.find("changed_by"), nullptr);
  EXPECT_NE(read_file(to / "README.md").find("Pruned by `filigree prune`: 50.0 % zeros"),
            std::string::npos);
}

TEST_F(PruneTest, SaysThatAccuracyWasNotMeasured) {
  const Outcome outcome = prune(dense(), "to", {"--sparsity", "50"});
  EXPECT_NE(outcome.out.find("accuracy was not measured"), std::string::npos);
}

TEST_F(PruneTest, RefusesWhatItCannotDoAndLeavesNoFolder) {
  const fs::path from = dense(), int8 = models_.make("int8", kSmall + "--precision int8"),
                 roberta = models_.make("roberta", kSmall + "--family roberta");
  const auto refused = [&](const fs::path& model, std::vector<std::string> flags,
                           const std::string& why) {
    const Outcome outcome = prune(model, "to", std::move(flags));
    EXPECT_EQ(outcome.code, ExitCode::kInputError);
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
    std::size_t folders = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(models_.folder())) ++folders;
    EXPECT_EQ(folders, 3U);
  };
  refused(from, {}, "--sparsity' is missing");
  refused(from, {"--sparsity", "100"}, "from 0 to 99");
  refused(from, {"--sparsity", "50", "--method", "obc"}, "needs --calibration");
  refused(from, {"--sparsity", "50", "--method", "best"}, "magnitude, obc");
  refused(from, {"--sparsity", "50", "--pattern", "none"}, "unstructured, 1x4, 4x1");
  refused(from, {"--sparsity", "50", "--layer", "layer 7 *=5"}, "matches no linear layer");
  refused(from, {"--sparsity", "50", "--calibration", "missing.jsonl"}, "missing.jsonl");
  refused(int8, {"--sparsity", "50"}, "quantised already");
  refused(roberta, {"--sparsity", "50"}, "no encoder recognised");
}

}  // namespace
}  // namespace filigree::tools
