// `filigree benchmark-pipeline` on a small made model, in this process.
#include <gtest/gtest.h>

#include "serve/json.h"
#include "tests/tools/made_models.h"
#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

using serve::Json;

class BenchmarkPipeline : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    models_ = std::make_unique<MadeModels>();
    model_ = models_->make("tiny", "--layers 1 --hidden 16 --heads 2 --intermediate 32 --vocab 300")
                 .string();
  }
  static void TearDownTestSuite() { models_.reset(); }

  static Outcome pipeline(const std::string& flags) {
    return run_words(words_of("benchmark-pipeline question_answering " + model_ +
                              " --time 0.05 --warmup-time 0.01 " + flags));
  }
  static Json pipeline_json(const std::string& flags) {
    const Outcome outcome = pipeline("--json " + flags);
    EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
    auto parsed = serve::parse_json(outcome.out);
    EXPECT_TRUE(std::holds_alternative<Json>(parsed)) << outcome.out;
    return std::get<Json>(std::move(parsed));
  }
  static double mean(const Json& json, std::string_view stage) {
    const Json* stats = json.find(stage);
    EXPECT_NE(stats, nullptr) << stage;
    return *stats->find("mean")->as_double();
  }
  static std::string file(const std::string& name, const std::string& content) {
    const std::string path = (models_->folder() / name).string();
    write_file(path, content);
    return path;
  }

  static inline std::unique_ptr<MadeModels> models_;
  static inline std::string model_;
};

TEST_F(BenchmarkPipeline, PrintsTheBreakdown) {
  const Outcome outcome = pipeline("");
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  for (const char* part :
       {"\nTask: question_answering\nInput Type: dummy\nBatch Size: 1\nScenario: sync\n",
        "\nIterations: ", "\nTotal Runtime: ", "\nThroughput (items/sec): ",
        "\nProcessing Time Breakdown: \n     pre_process: ", "     total_inference: "})
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n" << outcome.out;
}

TEST_F(BenchmarkPipeline, StagesAreWhatTheWholeIsMadeOf) {
  const Json json = pipeline_json("-b 2 -s async -nstreams 2 -ncores 2");
  const double parts =
      mean(json, "pre_stats") + mean(json, "forward_stats") + mean(json, "post_stats");
  EXPECT_GT(mean(json, "pre_stats"), 0);
  EXPECT_GT(mean(json, "compute_stats"), 0);
  EXPECT_LE(parts, mean(json, "total_stats"));
  EXPECT_LE(mean(json, "queue_stats") + mean(json, "compute_stats"), mean(json, "forward_stats"));
  EXPECT_EQ(*json.find("batch_size")->as_integer(), 2);
  EXPECT_EQ(*json.find("num_streams")->as_integer(), 2);
  for (const char* key : {"percent_pre", "percent_forward", "percent_post", "items_per_sec",
                          "seconds_ran", "iterations", "isa", "cpu", "commit"})
    EXPECT_NE(json.find(key), nullptr) << key;
}

TEST_F(BenchmarkPipeline, RealTextAndKeywordsComeFromTheConfiguration) {
  const std::string question = file("q.txt", "Who built it?");
  const std::string context = file("c.txt", "It was built by Ada.");
  const std::string config =
      file("real.json", R"({"data_type": "real", "question_file": ")" + question +
                            R"(", "context_file": ")" + context +
                            R"(", "pipeline_kwargs": {"sequence_length": 64, "doc_stride": 8}})");
  const Json json = pipeline_json("-c " + config + " -x " + config + ".out");
  EXPECT_EQ(*json.find("input_type")->as_string(), "real");
  EXPECT_EQ(std::get<Json>(serve::parse_json(read_file(config + ".out")))
                .find("input_type")
                ->as_string()
                ->size(),
            4U);
}

TEST_F(BenchmarkPipeline, SaysWhichKeywordsHaveNoEffect) {
  const std::string config =
      file("idle.json", R"({"pipeline_kwargs": {"scheduler": "sync", "batch_size": 2}})");
  const std::string err = pipeline("-c " + config).err;
  EXPECT_NE(err.find(config + ":1: 'batch_size' has no effect\n"), std::string::npos) << err;
  EXPECT_NE(err.find(config + ":1: scheduler has no effect: --scenario chooses\n"),
            std::string::npos)
      << err;
}

TEST_F(BenchmarkPipeline, OtherTasksAreAskedWhatTheyUnderstand) {
  const std::string shape = " --layers 1 --hidden 16 --heads 2 --intermediate 32 --vocab 300";
  const std::string classifier = models_->make("classifier", "--head classification" + shape);
  const std::string real = file("texts.json", R"({"data_type": "real"})");
  const std::string words = "benchmark-pipeline text_classification " + classifier + " -t 0 -w 0";
  const Outcome outcome = run_words(words_of(words));
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  const Outcome refused = run_words(words_of(words + " -c " + real));
  EXPECT_NE(refused.err.find("real data"), std::string::npos) << refused.err;
  const std::string tokens = models_->make("tokens", "--head token" + shape);
  EXPECT_EQ(run_words(words_of("benchmark-pipeline ner " + tokens + " -t 0 -w 0")).code,
            ExitCode::kOk);
  const std::string embedding = models_->make("embedding", "--head embedding" + shape);
  EXPECT_EQ(
      run_words(words_of("benchmark-pipeline embedding_extraction " + embedding + " -t 0 -w 0"))
          .code,
      ExitCode::kOk);
}

TEST_F(BenchmarkPipeline, MistakesAreInputErrors) {
  EXPECT_EQ(run_words({"benchmark-pipeline", "qa"}).code, ExitCode::kInputError);
  EXPECT_NE(run_words(words_of("benchmark-pipeline yolo " + model_)).err.find("yolo"),
            std::string::npos);
  const Outcome bad =
      run_words(words_of("benchmark-pipeline qa " + model_ + " -t 3600 -c " +
                         file("bad.json", R"({"pipeline_kwargs": {"sequence_lenth": 9}})")));
  EXPECT_EQ(bad.code, ExitCode::kInputError);
  EXPECT_NE(bad.err.find("sequence_length"), std::string::npos) << bad.err;
  EXPECT_NE(pipeline("-e onnxruntime").err.find("bench/peers/run"), std::string::npos);
}

}  // namespace
}  // namespace filigree::tools
