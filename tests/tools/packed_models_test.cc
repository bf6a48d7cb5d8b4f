// Whole models from ONNX files, from the cache and from packed files: the same bits, in every
// command that takes a model.
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>

#include "loader/model.h"
#include "runtime/engine.h"
#include "serve/json.h"
#include "tests/tools/made_models.h"
#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

std::vector<std::vector<float>> outputs(const fs::path& path, const loader::LoadOptions& options) {
  runtime::EngineOptions engine_options;
  engine_options.cores = 1;
  engine_options.isa = options.isa;
  runtime::Engine engine(engine_options);
  runtime::Request request;
  request.model = loader::load_model(path, options);
  for (const std::int32_t length : {3, 17, 64}) {
    runtime::Sequence sequence;
    sequence.ids.resize(static_cast<std::size_t>(length));
    std::iota(sequence.ids.begin(), sequence.ids.end(), 5);
    request.sequences.push_back(std::move(sequence));
  }
  const runtime::Response response = engine.run(std::move(request));
  EXPECT_EQ(response.status, runtime::Status::kOk) << response.message;
  std::vector<std::vector<float>> values;
  for (const auto& sequence : response.sequences)
    for (const auto& output : sequence.tensors)
      values.emplace_back(output.data<float>().begin(), output.data<float>().end());
  return values;
}

class PackedModels : public testing::TestWithParam<const char*> {};

TEST_P(PackedModels, GiveTheBitsOfTheirOnnxFile) {
  const MadeModels models;
  const fs::path onnx =
      models.make("m", std::string("--layers 2 --hidden 128 --heads 4 --vocab 300 --sparsity 80 ") +
                           GetParam());
  const fs::path file = models.folder() / "m.filigree";
  const auto isas = kernels::supported_tables();
  const auto best = isas.back().isa;
  const auto expected = outputs(onnx, {.isa = best});
  ASSERT_EQ(expected.size(), 6U);  // start and end logits of three sequences

  const loader::LoadOptions cached{.isa = best, .cache = {models.folder() / "cache"}};
  EXPECT_EQ(outputs(onnx, cached), expected);
  EXPECT_EQ(outputs(onnx, cached), expected);

  for (const auto& table : isas) {
    const Outcome packed = run_words({"pack", onnx.string(), "--out", file.string(), "--isa",
                                      std::string(kernels::isa_name(table.isa))});
    ASSERT_EQ(packed.code, ExitCode::kOk) << packed.err;
    EXPECT_EQ(outputs(file, {.isa = best}), expected) << kernels::isa_name(table.isa);
    EXPECT_EQ(outputs(file, {.isa = isas.front().isa}), expected) << kernels::isa_name(table.isa);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, PackedModels,
                         testing::Values("--precision fp32", "--precision fp16 --pattern 1x4",
                                         "--precision int8"));

// A folder with tokenizer and packed file, without ONNX file.
class PackedFolder : public testing::Test {
 protected:
  PackedFolder() {
    folder_ = models_.make("m", "--layers 1 --hidden 64 --heads 2 --vocab 300 --max-tokens 128");
    const Outcome packed =
        run_words({"pack", folder_.string(), "--out", (folder_ / "model.filigree").string()});
    EXPECT_EQ(packed.code, ExitCode::kOk) << packed.err;
    EXPECT_NE(packed.out.find("model.filigree: "), std::string::npos) << packed.out;
    EXPECT_NE(packed.out.find(" MB, packed for "), std::string::npos) << packed.out;
    fs::rename(folder_ / "model.onnx", models_.folder() / "away.onnx");
  }

  std::string run_all_right(std::vector<std::string> words) const {
    const Outcome outcome = run_words(words);
    EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
    return outcome.out;
  }

  MadeModels models_;
  fs::path folder_;
};

TEST_F(PackedFolder, IsTakenByEveryCommandThatLoadsModels) {
  const std::string folder = folder_.string();
  const std::string file = (folder_ / "model.filigree").string();
  const std::string cache = (models_.folder() / "cache").string();
  for (const std::string& model : {folder, file}) {
    const std::string inspected = run_all_right({"inspect", model});
    EXPECT_NE(inspected.find("model.filigree, "), std::string::npos) << inspected;
    EXPECT_NE(inspected.find(", packed for "), std::string::npos) << inspected;
    EXPECT_NE(inspected.find("input:       input_ids\n"), std::string::npos) << inspected;
    EXPECT_NE(inspected.find("1 layers, hidden 64"), std::string::npos) << inspected;
    EXPECT_NE(run_all_right({"inspect", model, "--json"}).find("\"packed_for\":"),
              std::string::npos);
    run_all_right({"benchmark", model, "--time", "0.1", "--warmup-time", "0", "--quiet",
                   "--sequence-length", "16", "--cache-dir", cache});
    run_all_right({"analyze", model, "--sequence-length", "16", "--num-iterations", "1",
                   "--num-warmup-iterations", "0", "--cache-dir", cache});
    run_all_right({"serve", "--check", "--task", "question_answering", "--model-path", model,
                   "--cache-dir", cache});
    run_all_right({"eval", "squad", "--model-path", model, "--dataset",
                   FILIGREE_SOURCE_DIR "/tests/data/qa_eval_xquad.jsonl", "--limit", "2",
                   "--cache-dir", cache});
  }
  EXPECT_FALSE(fs::exists(cache));  // it is packed already
}

TEST_F(PackedFolder, PackSaysWhatItNeeds) {
  EXPECT_NE(run_words({"pack"}).err.find("'pack' needs a model"), std::string::npos);
  EXPECT_NE(run_words({"pack", folder_.string(), "--out", folder_.string()})
                .err.find("expected a file, for example"),
            std::string::npos);
  EXPECT_NE(run_words({"pack", folder_.string(), "--out", "x", "--isa", "sse"})
                .err.find("flag '--isa' is 'sse'"),
            std::string::npos);
}

class CacheOfCommands : public testing::Test {
 protected:
  CacheOfCommands()
      : folder_(
            models_.make("m", "--layers 1 --hidden 64 --heads 2 --vocab 300 --max-tokens 128")) {}

  std::size_t entries() const {
    if (!fs::exists(cache_)) return 0;
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(cache_), fs::directory_iterator()));
  }
  // With the cache twice, without it, and verifying.
  void expect_kept(const std::vector<std::string>& words) {
    SCOPED_TRACE(words.front());
    fs::remove_all(cache_);
    const auto run = [&](const std::vector<std::string>& more) {
      std::vector<std::string> all = words;
      all.insert(all.end(), more.begin(), more.end());
      const Outcome outcome = run_words(all);
      EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
    };
    run({"--cache-dir", cache_.string(), "--no-cache"});
    EXPECT_EQ(entries(), 0U);
    run({"--cache-dir", cache_.string()});
    EXPECT_EQ(entries(), 1U);
    run({"--cache-dir", cache_.string(), "--verify-cache"});
    EXPECT_EQ(entries(), 1U);
  }

  MadeModels models_;
  fs::path folder_, cache_ = models_.folder() / "cache";
};

TEST_F(CacheOfCommands, KeepsWhatTheyLoad) {
  const std::string model = folder_.string();
  expect_kept({"benchmark", model, "--time", "0.1", "--warmup-time", "0", "--quiet",
               "--sequence-length", "16"});
  expect_kept({"analyze", model, "--sequence-length", "16", "--num-iterations", "1",
               "--num-warmup-iterations", "0"});
  expect_kept({"run", "--task", "question_answering", "--model-path", model});
  expect_kept({"eval", "squad", "--model-path", model, "--dataset",
               FILIGREE_SOURCE_DIR "/tests/data/qa_eval_xquad.jsonl", "--limit", "2"});
  expect_kept({"serve", "--check", "--task", "question_answering", "--model-path", model});
}

TEST_F(CacheOfCommands, KeepsNoWhatIf) {
  const Outcome outcome = run_words({"analyze", folder_.string(), "--sequence-length", "16",
                                     "--num-iterations", "1", "--num-warmup-iterations", "0",
                                     "--impose-sparsity", "50", "--cache-dir", cache_.string()});
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_EQ(entries(), 0U);
}

}  // namespace
}  // namespace filigree::tools
