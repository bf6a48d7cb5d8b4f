#include "tests/serve/config_support.h"

namespace filigree::serve {
namespace {

const std::string kEndpoints = "endpoints:\n  - {task: qa, model: m}\n";

class ServerConfig : public ConfigTest {};

TEST_F(ServerConfig, HasTheDefaultsOfAnEmptyServerPart) {
  const Config config = parse(kEndpoints);
  EXPECT_EQ(config.num_cores, std::nullopt);
  EXPECT_EQ(config.num_workers, std::nullopt);
  EXPECT_FALSE(config.isa.has_value());
  EXPECT_TRUE(config.warnings.empty());
}

TEST_F(ServerConfig, ReadsCoresWorkersAndPinning) {
  const Config config = parse(
      "num_cores: 3\nnum_workers: 2\nengine_thread_pinning: numa\nnuma: interleave\nisa: scalar\n" +
      kEndpoints);
  const runtime::EngineOptions options = engine_options(config);
  EXPECT_EQ(options.cores, 3U);
  EXPECT_EQ(options.streams, 2U);
  EXPECT_EQ(options.pinning, runtime::Pinning::kNuma);
  EXPECT_EQ(options.numa, runtime::Numa::kInterleave);
  EXPECT_EQ(options.isa, kernels::Isa::kScalar);
}

TEST_F(ServerConfig, TakesNullAsAbsent) {
  EXPECT_EQ(parse("num_cores: null\nnum_workers: ~\nloggers:\n" + kEndpoints).num_cores,
            std::nullopt);
}

TEST_F(ServerConfig, NamesTheNearestKeyOfAnUnknownOne) {
  EXPECT_EQ(error_of("num_core: 2\n" + kEndpoints),
            "f.yaml:1: the configuration has the unknown key 'num_core'; did you mean 'num_cores'");
  EXPECT_EQ(error_of(kEndpoints + "something_else: 2\n"),
            "f.yaml:3: the configuration has the unknown key 'something_else'");
}

TEST_F(ServerConfig, RejectsCountsThatAreNotWholeNumbers) {
  for (const std::string value : {"0", "-1", "2.5", "two", "'2'", "[2]", "99999999999999999999"})
    EXPECT_EQ(error_of("num_cores: " + value + "\n" + kEndpoints).substr(0, 24),
              "f.yaml:1: 'num_cores' is")
        << value;
}

TEST_F(ServerConfig, RejectsAnUnknownPinningAndIsa) {
  EXPECT_EQ(error_of("engine_thread_pinning: socket\n" + kEndpoints),
            "f.yaml:1: engine_thread_pinning is 'socket', expected core, numa or none");
  EXPECT_EQ(error_of("numa: on\n" + kEndpoints),
            "f.yaml:1: numa is 'on', expected replicate, interleave or off");
  const std::string message = error_of("num_cores: 1\nisa: sse9\n" + kEndpoints);
  EXPECT_EQ(message.find("f.yaml:2: isa is 'sse9', expected scalar, avx2, avx512 or avx512_vnni; "
                         "this CPU has scalar"),
            0U)
      << message;
}

TEST_F(ServerConfig, RemembersWhereTheIsaIsAskedFor) {
  // Whether the CPU has it is looked at when nothing overrides it: serve/config/isa_choice.h.
  const Config config = parse("num_cores: 1\nisa: avx512_vnni\n" + kEndpoints);
  ASSERT_TRUE(config.isa.has_value());
  EXPECT_EQ(config.isa->isa, kernels::Isa::kAvx512Vnni);
  EXPECT_EQ(config.isa->source, "f.yaml:2: isa");
}

TEST_F(ServerConfig, RejectsOtherIntegrations) {
  EXPECT_EQ(error_of("integration: local\n" + kEndpoints), "accepted");
  EXPECT_EQ(parse("integration: SageMaker\n" + kEndpoints).integration, Integration::kSagemaker);
  EXPECT_EQ(error_of("integration: azure\n" + kEndpoints),
            "f.yaml:1: integration 'azure' is unknown, expected local or sagemaker");
  const std::string openai = error_of("num_cores: 1\nintegration: openai\n" + kEndpoints);
  EXPECT_TRUE(openai.starts_with("f.yaml:2: integration 'openai' generates text")) << openai;
  EXPECT_NE(openai.find("vLLM"), std::string::npos);
}

TEST_F(ServerConfig, WarnsAboutKeysWithoutEffect) {
  const Config config =
      parse("pytorch_num_threads: 4\nloggers:\n  prometheus: {port: 6100}\nsystem_logging: {}\n" +
            kEndpoints);
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_EQ(config.warnings[0],
            "f.yaml:1: 'pytorch_num_threads' has no effect: there is no PyTorch here");
}

TEST_F(ServerConfig, RefusesLoggersThatArePython) {
  EXPECT_EQ(error_of("loggers:\n  mine: {path: a.py:B}\n" + kEndpoints),
            "f.yaml:2: logger 'mine' runs Python code, which filigree never does; expected python, "
            "whose lines go to the log, or prometheus");
  EXPECT_TRUE(error_of("loggers:\n  python: {path: a.py:B}\n" + kEndpoints)
                  .starts_with("f.yaml:2: logger 'python' runs Python code"));
}

TEST_F(ServerConfig, NeedsEndpoints) {
  EXPECT_EQ(error_of("num_cores: 1\n"), "f.yaml:1: the configuration has no 'endpoints'");
  EXPECT_EQ(error_of("endpoints: []\n"),
            "f.yaml:1: endpoints is empty, expected a list of at least one");
  EXPECT_EQ(error_of("endpoints: 3\n"),
            "f.yaml:1: endpoints is '3', expected a list of at least one");
  EXPECT_EQ(error_of(""), "f.yaml:1: the configuration is null, expected a map of keys and values");
}

TEST_F(ServerConfig, IsShownInTheShapeOfDeepSparse) {
  const Config config = parse(
      "num_cores: 2\nendpoints:\n  - name: a\n    route: /b\n    task: qa\n    model: m\n    "
      "kwargs: "
      "{doc_stride: 32}\n");
  EXPECT_EQ(
      to_text(to_json(config)),
      R"({"num_cores":2,"num_workers":null,"integration":"local",)"
      R"("engine_thread_pinning":null,"scheduler":null,"isa":null,"endpoints":[{"name":"a","route":"/b",)"
      R"("task":"question_answering","model":"m","batch_size":1,"weight":1,"logging_config":null,)"
      R"("data_logging":null,"bucketing":null,)"
      R"("kwargs":{"doc_stride":32}}],"loggers":{},"system_logging":null})");
}

TEST_F(ServerConfig, EffectiveYamlGivesTheSameConfigurationElsewhere) {
  const Config config = parse(
      "num_cores: 2\nintegration: sagemaker\nengine_thread_pinning: core\nnuma: off\nisa: "
      "scalar\nendpoints:\n"
      "  - {name: 'yes', route: /b, task: qa, model: m, batch_size: 4,\n"
      "     bucketing: {sequence_lengths: [64, 96]}, kwargs: {doc_stride: 32, alias: \"3\"}}\n"
      "  - {task: qa, model: m, logging_config: {prediction_latency: {enable: off}},\n"
      "     data_logging: {pipeline_outputs: [{func: answer_score, frequency: 2}]}}\n"
      "loggers: {python:, prometheus: {port: 6101}}\n"
      "system_logging: {request_details: {enable: true, target_loggers: [python]}}\n");
  const std::string yaml = effective_yaml(config);
  const Config again = parse_config(yaml, "again.yaml", "/");
  EXPECT_EQ(to_text(to_json(again)), to_text(to_json(config))) << yaml;
  EXPECT_EQ(again.numa, runtime::Numa::kOff);
  EXPECT_EQ(effective_yaml(again), yaml);
  EXPECT_EQ(again.endpoints[0].model_path, models_.path() / "m");
  EXPECT_EQ(std::get<QuestionAnsweringOptions>(again.endpoints[0].options).sequence_length, 96U);
  EXPECT_EQ(std::get<QuestionAnsweringOptions>(again.endpoints[0].options).doc_stride, 32U);
}

TEST_F(ServerConfig, LooksForTheDefaultModelOfATaskByItsName) {
  EXPECT_TRUE(error_of("endpoints:\n  - task: qa\n    model: default\n")
                  .starts_with("f.yaml:3: model 'zoo:bert-large-squad_wikipedia_bookcorpus-"
                               "pruned90_quantized' is not here"));
  EXPECT_EQ(parse("models: {default: m}\nendpoints: [{task: qa, model: default}]\n")
                .endpoints[0]
                .model_path,
            models_.path() / "m");
}

}  // namespace
}  // namespace filigree::serve
