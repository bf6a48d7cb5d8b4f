// The command: what the loader makes of its output, and what it refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "kernels/isa.h"
#include "loader/model.h"
#include "loader/onnx_file.h"
#include "tests/tools/made_models.h"
#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

const std::string kSmall = "--layers 2 --hidden 32 --heads 2 --vocab 200 --max-tokens 32 ";

class QuantizeTest : public testing::Test {
 protected:
  QuantizeTest() : text_(models_.folder() / "texts.jsonl") {
    std::ofstream out(text_);
    for (int i = 0; i < 12; ++i)
      out << R"({"text": "the first of )" << i << R"( words about time and )" << i * i << "\"}\n";
  }

  Outcome quantize(const fs::path& from, const std::string& to, std::vector<std::string> flags) {
    std::vector<std::string> words{"quantize", "--model_path", from.string(), "--output",
                                   (models_.folder() / to).string()};
    words.insert(words.end(), flags.begin(), flags.end());
    return run_words(words);
  }

  fs::path quantized(const fs::path& from, const std::string& to,
                     std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--calibration", text_.string()});
    const Outcome outcome = quantize(from, to, std::move(flags));
    EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
    EXPECT_NE(outcome.out.find("accuracy was not measured"), std::string::npos);
    return models_.folder() / to;
  }

  MadeModels models_;
  fs::path text_;
};

TEST_F(QuantizeTest, EveryLayerIsRecognisedAsIntegers) {
  for (const std::string flags :
       {"", "--precision fp16", "--opset 11", "--opset 20", "--family distilbert",
        "--head classification", "--head embedding", "--sparsity 80 --pattern 1x4"}) {
    SCOPED_TRACE(flags);
    const std::string name = "m" + std::to_string(std::hash<std::string>{}(flags));
    const fs::path to = quantized(models_.make(name, kSmall + flags), name + "q");
    const auto model = loader::load_model(to);
    EXPECT_TRUE(model->warnings.empty());
    ASSERT_TRUE(model->encoder);
    for (const loader::EncoderLayer& layer : model->encoder->layers) {
      EXPECT_TRUE(layer.integer_attention);
      for (const loader::Linear* linear : {&layer.query, &layer.key, &layer.value,
                                           &layer.attention_output, &layer.ffn_in, &layer.ffn_out})
        EXPECT_TRUE(linear->input);
    }
  }
}

// The scale of a weight is not in the file alone, so it is taken from the largest element.
TEST_F(QuantizeTest, WeightsAreWithinHalfAStepAndZerosStayZeros) {
  const fs::path from = models_.make("m", kSmall + "--sparsity 70"), to = quantized(from, "q");
  const loader::Graph before = loader::read_onnx(from / "model.onnx");
  const loader::Graph after = loader::read_onnx(to / "model.onnx");
  std::size_t matrices = 0;
  for (const auto& [name, tensor] : before.initializers) {
    const auto found = after.initializers.find(name + "_quantized");
    if (found == after.initializers.end() || tensor.dims().size() != 2 ||
        name.find("embeddings") != std::string::npos)
      continue;
    ++matrices;
    const auto weights = tensor.data<float>();
    const auto bytes = found->second.data<std::uint8_t>();
    float largest = 0;
    for (const float w : weights) largest = std::max(largest, std::fabs(w));
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_NEAR((bytes[i] - 128) * largest / 127, weights[i], 0.501F * largest / 127);
      if (weights[i] == 0) {
        EXPECT_EQ(bytes[i], 128);
      }
    }
  }
  EXPECT_EQ(matrices, 12U);
}

TEST_F(QuantizeTest, ThreadsAndInstructionSetsChangeNoByte) {
  const fs::path from = models_.make("m", kSmall);
  const auto bytes = [&](const std::string& to, const std::string& cores, const std::string& isa) {
    return read_file(quantized(from, to, {"--num-cores", cores, "--isa", isa}) / "model.onnx");
  };
  const std::string one = bytes("a", "1", "scalar");
  EXPECT_EQ(bytes("b", "3", std::string(kernels::isa_name(kernels::supported_tables().back().isa))),
            one);
}

TEST_F(QuantizeTest, CardSaysHowTheModelWasMade) {
  const fs::path to = quantized(models_.make("m", kSmall), "q");
  EXPECT_NE(read_file(to / "card.json").find("SparseML static int8"), std::string::npos);
  EXPECT_NE(read_file(to / "README.md").find("Quantised by `filigree quantize`"),
            std::string::npos);
}

TEST_F(QuantizeTest, RefusesWhatItCannotDoAndLeavesNoFolder) {
  const fs::path dense = models_.make("m", kSmall),
                 int8 = models_.make("int8", kSmall + "--precision int8");
  const auto refused = [&](const fs::path& model, std::vector<std::string> flags,
                           const std::string& why) {
    const Outcome outcome = quantize(model, "to", std::move(flags));
    EXPECT_EQ(outcome.code, ExitCode::kInputError);
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
    EXPECT_FALSE(fs::exists(models_.folder() / "to"));
  };
  refused(dense, {}, "--calibration' is missing");
  refused(dense, {"--calibration", text_.string(), "--percentile", "50"}, "from 90 to 100");
  refused(int8, {"--calibration", text_.string()}, "quantised already");
}

}  // namespace
}  // namespace filigree::tools
