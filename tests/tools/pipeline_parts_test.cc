// Inputs and results of `filigree benchmark-pipeline`.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tools/benchmark/pipeline_inputs.h"
#include "tools/benchmark/pipeline_result.h"
#include "tools/cli/errors.h"
#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

using serve::Json;
using serve::TaskKind;

PipelineConfig config_of(const std::string& text) {
  return pipeline_config(std::get<Json>(serve::parse_json(text)), "c.json");
}

std::string error_of(const std::string& text) {
  try {
    pipeline_requests(TaskKind::kQuestionAnswering, config_of(text), 0);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

std::string texts(const PipelineConfig& config, std::uint64_t seed) {
  std::string all;
  for (const Json& request : pipeline_requests(TaskKind::kQuestionAnswering, config, seed))
    all += to_text(request) + "\n";
  return all;
}

TEST(PipelineInputs, DummyTextsHaveTheirLengthAndDiffer) {
  const auto requests = pipeline_requests(TaskKind::kQuestionAnswering,
                                          config_of(R"({"gen_sequence_length": 200})"), 1);
  ASSERT_GT(requests.size(), 10U);
  for (const Json& request : requests) {
    EXPECT_EQ(request.find("context")->as_string()->size(), 200U);
    EXPECT_EQ(request.find("question")->as_string()->size(), 25U);
  }
  EXPECT_NE(to_text(requests[0]), to_text(requests[1]));
  EXPECT_EQ(texts({}, 3), texts({}, 3));
  EXPECT_NE(texts({}, 3), texts({}, 4));
}

TEST(PipelineInputs, RealTextsComeFromTheirFilesAndAreCutBetweenCharacters) {
  namespace fs = std::filesystem;
  const fs::path folder =
      fs::temp_directory_path() / ("filigree_pipeline." + std::to_string(::getpid()));
  fs::create_directory(folder);
  const std::string question = folder / "q.txt", context = folder / "c.txt";
  write_file(question, "Wer?");
  write_file(context, "\u00c4rger im \u00d6lfa\u00df");
  const std::string files = R"("data_type": "real", "question_file": ")" + question +
                            R"(", "context_file": ")" + context + R"(")";
  EXPECT_EQ(texts(config_of("{" + files + "}"), 0),
            "{\"question\":\"Wer?\",\"context\":\"\u00c4rger im \u00d6lfa\u00df\"}\n");
  EXPECT_EQ(texts(config_of("{" + files + R"(, "max_string_length": 10})"), 0),
            "{\"question\":\"Wer?\",\"context\":\"\u00c4rger im \u00d6\"}\n");
  EXPECT_EQ(texts(config_of("{" + files + R"(, "max_string_length": -1})"), 0),
            texts(config_of("{" + files + "}"), 0));
  fs::remove_all(folder);
  EXPECT_NE(error_of("{" + files + "}").find(question), std::string::npos);
}

TEST(PipelineInputs, FieldsOfTheSchemaAreAddedToEveryRequest) {
  const auto requests = pipeline_requests(TaskKind::kQuestionAnswering,
                                          config_of(R"({"input_schema_kwargs": {"top_k": 3}})"), 1);
  for (const Json& request : requests) EXPECT_EQ(*request.find("top_k")->as_integer(), 3);
}

TEST(PipelineInputs, DeepSparsesOwnConfigurationIsAccepted) {
  EXPECT_EQ(error_of(R"({"data_type": "dummy", "gen_sequence_length": 100,
                         "input_image_shape": [500,500,3], "data_folder": null,
                         "recursive_search": true, "max_string_length": -1,
                         "question_file": null, "context_file": null,
                         "pipeline_kwargs": {}, "input_schema_kwargs": {}})"),
            "no error");
}

TEST(PipelineInputs, MistakesNameFileAndField) {
  EXPECT_EQ(error_of("[]"), "c.json: has type array, expected an object");
  EXPECT_EQ(error_of(R"({"data_typ": "real"})"),
            "c.json: there is no field 'data_typ'; did you mean 'data_type'");
  EXPECT_EQ(error_of(R"({"data_type": "fake"})"),
            "c.json: field 'data_type' is \"fake\", expected \"dummy\" or \"real\"");
  EXPECT_NE(error_of(R"({"gen_sequence_length": 0})").find("from 1 to"), std::string::npos);
  EXPECT_NE(error_of(R"({"pipeline_kwargs": 3})").find("expected an object"), std::string::npos);
  EXPECT_NE(error_of(R"({"data_type": "real", "question_file": "q"})").find("context_file"),
            std::string::npos);
}

TEST(PipelineResult, LeavesTheWarmUpOutAndAddsTheSharesUp) {
  // Two iterations of 10 ms; the first of all was part of the warm-up.
  const StreamTimes times = {{{1, 0.0, 0.01}, {2, 0.01, 0.02}}};
  const StreamStages stages = {{{.pre_process = 1000},
                                {2, 6, 2, 1, 4},
                                {.pre_process = 4, .engine_forward = 4, .post_process = 2}}};
  const PipelineResult result = pipeline_result(times, stages, 3);
  EXPECT_EQ(result.iterations, 2U);
  EXPECT_DOUBLE_EQ(result.items_per_sec, 300);
  EXPECT_DOUBLE_EQ(result.pre_process.mean, 3);
  EXPECT_DOUBLE_EQ(result.queue.mean, 0.5);
  EXPECT_DOUBLE_EQ(result.compute.mean, 2);
  const std::string text = breakdown_text(result);
  for (const char* part :
       {"Processing Time Breakdown: \n     pre_process: 30.00%\n     engine_forward: 50.00%\n     "
        "post_process: 20.00%\n",
        "Mean Latency Breakdown (ms/batch): \n     total_inference: 10.0000\n"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

}  // namespace
}  // namespace filigree::tools
