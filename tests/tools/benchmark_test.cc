// `filigree benchmark` on small made models, in this process.
#include <gtest/gtest.h>

#include <filesystem>

#include "serve/json.h"
#include "tests/tools/made_models.h"
#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

using serve::Json;

const std::string kShape = "--layers 1 --hidden 16 --heads 2 --intermediate 32 --vocab 300";

class Benchmark : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    models_ = std::make_unique<MadeModels>();
    model_ = models_->make("tiny", kShape).string();
  }
  static void TearDownTestSuite() { models_.reset(); }

  static Outcome benchmark(const std::string& flags) {
    return run_words(words_of("benchmark " + model_ + " --time 0.05 --warmup-time 0.01 " + flags));
  }
  static Json benchmark_json(const std::string& flags) {
    const Outcome outcome = benchmark("--json " + flags);
    EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
    auto parsed = serve::parse_json(outcome.out);
    EXPECT_TRUE(std::holds_alternative<Json>(parsed)) << outcome.out;
    return std::get<Json>(std::move(parsed));
  }
  static std::string file(const std::string& name) { return (models_->folder() / name).string(); }

  static inline std::unique_ptr<MadeModels> models_;
  static inline std::string model_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string member(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  return value == nullptr ? "absent" : serve::to_text(*value);
}

double number(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  if (value == nullptr) return -1;
  if (const double* real = value->as_double()) return *real;
  const std::int64_t* whole = value->as_integer();
  return whole == nullptr ? -1 : static_cast<double>(*whole);
}

TEST_F(Benchmark, PrintsWhatDeepSparsePrints) {
  const Outcome outcome = benchmark("");
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_TRUE(outcome.out.starts_with("Original Model Path: " + model_ +
                                      "\nBatch Size: 1\nScenario: sync\nThroughput (items/sec): "))
      << outcome.out;
  for (const char* line : {"\nLatency Mean (ms/batch): ", "\nLatency Median (ms/batch): ",
                           "\nLatency Std (ms/batch): ", "\nIterations: "})
    EXPECT_TRUE(contains(outcome.out, line)) << outcome.out;
}

TEST_F(Benchmark, JsonHasDeepSparsesKeysAndOurs) {
  const Json json = benchmark_json("--seed 3");
  for (const char* key :
       {"engine", "version", "commit", "orig_model_path", "model_path", "batch_size",
        "input_shapes", "num_cores", "scenario", "scheduler", "seconds_to_run", "num_streams",
        "benchmark_result", "fraction_of_supported_ops", "isa", "cpu", "input_lengths", "seed"})
    EXPECT_NE(json.find(key), nullptr) << key;
  EXPECT_EQ(member(json, "scheduler"), "\"single_stream\"");
  EXPECT_EQ(member(json, "input_lengths"), "\"128\"");
  EXPECT_EQ(member(json, "seed"), "3");
  EXPECT_EQ(number(json, "fraction_of_supported_ops"), 1);
  const Json& result = *json.find("benchmark_result");
  EXPECT_EQ(member(result, "scenario"), "\"singlestream\"");
  EXPECT_GT(number(result, "iterations"), 0);
  EXPECT_NEAR(number(result, "items_per_sec"),
              number(result, "iterations") / number(result, "seconds_ran"), 1e-6);
  EXPECT_NEAR(number(json, "tokens_per_sec"), 128 * number(result, "items_per_sec"), 1e-3);
  EXPECT_EQ(result.find("streams")->as_array()->size(), 1U);
}

TEST_F(Benchmark, DeepSparsesShortFlagsMeanTheSame) {
  const Json json = benchmark_json("-b 3 -ncores 2 -s async -nstreams 2 -pin none -seq_len 32 -q");
  EXPECT_EQ(member(json, "batch_size"), "3");
  EXPECT_EQ(member(json, "num_cores"), "2");
  EXPECT_EQ(member(json, "scenario"), "\"async\"");
  EXPECT_EQ(member(json, "num_streams"), "2");
  EXPECT_EQ(member(json, "thread_pinning"), "\"none\"");
  EXPECT_EQ(member(json, "input_lengths"), "\"32\"");
  EXPECT_EQ(json.find("benchmark_result")->find("streams")->as_array()->size(), 2U);
}

TEST_F(Benchmark, ElasticKeepsMoreRequestsInFlightThanCores) {
  const Json json = benchmark_json("--scenario elastic --num-streams 5 --num-cores 1");
  EXPECT_EQ(member(json, "num_streams"), "5");
  EXPECT_EQ(json.find("benchmark_result")->find("streams")->as_array()->size(), 5U);
}

TEST_F(Benchmark, LengthsAreReal) {
  const Json json = benchmark_json("--input-lengths 10-20");
  const double tokens_an_item =
      number(json, "tokens_per_sec") / number(*json.find("benchmark_result"), "items_per_sec");
  EXPECT_GT(tokens_an_item, 10);
  EXPECT_LT(tokens_an_item, 20);
  EXPECT_EQ(benchmark("--input-lengths squad").code, ExitCode::kOk);
}

TEST_F(Benchmark, InputShapesSayBatchAndTokens) {
  const Json json = benchmark_json("-i [2,16]");
  EXPECT_EQ(member(json, "batch_size"), "2");
  EXPECT_EQ(member(json, "input_lengths"), "\"16\"");
  EXPECT_EQ(member(json, "input_shapes"), "\"[2,16]\"");
  EXPECT_TRUE(contains(benchmark("-i [2,16] -b 1").err, "'--input-shapes' says 2"));
  EXPECT_TRUE(contains(benchmark("-i [2,16] -seq_len 8").err, "'--input-shapes' says 16"));
  EXPECT_TRUE(contains(benchmark("-i [1,513]").err, "positions for, 512"));
}

TEST_F(Benchmark, ComparesWithAnEarlierFile) {
  const Outcome first = benchmark("-x " + file("earlier.json"));
  EXPECT_EQ(first.code, ExitCode::kOk) << first.err;
  EXPECT_TRUE(contains(first.out, "Saving benchmark results to JSON file at ")) << first.out;
  const Outcome second = benchmark("-b 2 --compare " + file("earlier.json"));
  EXPECT_EQ(second.code, ExitCode::kOk) << second.err;
  EXPECT_TRUE(contains(second.out, "\nCompared with " + file("earlier.json") + ": ")) << second.out;
  EXPECT_TRUE(contains(second.out, " (spread ")) << second.out;
  EXPECT_TRUE(contains(second.out, "\n  differs: batch_size: 1, now 2\n")) << second.out;
  const Json json = benchmark_json("--compare " + file("earlier.json"));
  EXPECT_TRUE(json.find("comparison")->find("differences")->as_array()->empty());
}

TEST_F(Benchmark, FlagsOfTextGenerationAreAcceptedWithAWarning) {
  const Outcome outcome = benchmark("-input_ids_len 4 --no-internal-kv-cache");
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "warning: flag '--input-ids-length' has no meaning"));
  EXPECT_TRUE(contains(outcome.err, "warning: flag '--no-internal-kv-cache' has no meaning"));
  EXPECT_EQ(benchmark("-input_ids_len 4 -q").err, "");
}

TEST_F(Benchmark, OtherEnginesAreRefusedWithAnAlternative) {
  EXPECT_EQ(benchmark("-e deepsparse").code, ExitCode::kOk);
  for (const char* engine : {"onnxruntime", "file.py:Engine"}) {
    const Outcome outcome = benchmark(std::string("-e ") + engine);
    EXPECT_EQ(outcome.code, ExitCode::kInputError);
    EXPECT_TRUE(contains(outcome.err, "bench/peers/run")) << outcome.err;
  }
}

TEST_F(Benchmark, MistakesAreFoundBeforeTheRun) {
  EXPECT_TRUE(contains(run_words({"benchmark"}).err, "needs a model"));
  EXPECT_TRUE(contains(run_words({"benchmark", "zoo:none/such"}).err, "zoo:none/such"));
  // --time would make these take an hour.
  const std::string hour = "benchmark " + model_ + " --time 3600 ";
  for (const std::string flags :
       {"-x /no/such/folder/x.json", "--compare /no/such.json", "--input-lengths 0", "-w x"})
    EXPECT_EQ(run_words(words_of(hour + flags)).code, ExitCode::kInputError) << flags;
  write_file(file("not.json"), "{");
  EXPECT_TRUE(
      contains(run_words(words_of(hour + "--compare " + file("not.json"))).err, "not.json"));
  write_file(file("other.json"), "{\"benchmark_result\":{}}");
  EXPECT_TRUE(contains(run_words(words_of(hour + "--compare " + file("other.json"))).err,
                       "has no field 'items_per_sec'"));
}

TEST_F(Benchmark, ModelsWithoutARecognisedEncoderRunToo) {
  const std::string model =
      std::string(FILIGREE_SOURCE_DIR) + "/tests/data/encoders/unrecognised_relu.onnx";
  const Outcome outcome =
      run_words(words_of("benchmark " + model + " -t 0 -w 0 --json --input-lengths 5"));
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "\"fraction_of_supported_ops\":0.0")) << outcome.out;
  EXPECT_TRUE(contains(outcome.err, "warning: ")) << outcome.err;
}

}  // namespace
}  // namespace filigree::tools
