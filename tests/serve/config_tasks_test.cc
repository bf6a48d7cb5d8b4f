// The kwargs of each task but question answering, which config_endpoint_test has.
#include "serve/config/task_kwargs.h"
#include "tests/serve/config_support.h"

namespace filigree::serve {
namespace {

class TaskConfig : public ConfigTest {
 protected:
  static std::string with(const std::string& task, const std::string& kwargs) {
    return "endpoints:\n  - task: " + task + "\n    model: m\n    kwargs: " + kwargs + "\n";
  }
  template <class Options>
  Options options_of(const std::string& task, const std::string& kwargs) const {
    return std::get<Options>(parse(with(task, kwargs)).endpoints.at(0).options);
  }
};

TEST_F(TaskConfig, TextClassificationHasItsKwargs) {
  const auto usual = options_of<TextClassificationOptions>("sentiment-analysis", "{}");
  EXPECT_EQ(usual.sequence_length, 128U);
  EXPECT_EQ(usual.top_k, 1U);
  EXPECT_FALSE(usual.return_all_scores);
  const auto read = options_of<TextClassificationOptions>(
      "glue", "{sequence_length: [64, 384], top_k: 3, return_all_scores: true}");
  EXPECT_EQ(read.sequence_length, 384U);
  EXPECT_EQ(read.top_k, 3U);
  EXPECT_TRUE(read.return_all_scores);
  EXPECT_EQ(error_of(with("glue", "{top_k: 0}")),
            "f.yaml:4: 'top_k' is '0', expected a whole number from 1 to 2147483647");
  EXPECT_EQ(error_of(with("glue", "{doc_stride: 3}")),
            "f.yaml:4: kwargs has the unknown key 'doc_stride'");
}

TEST_F(TaskConfig, TokenClassificationHasItsKwargs) {
  const auto usual = options_of<TokenClassificationOptions>("ner", "{}");
  EXPECT_EQ(usual.aggregation, Aggregation::kNone);
  EXPECT_EQ(usual.ignore_labels, std::vector<std::string>{"O"});
  const auto read = options_of<TokenClassificationOptions>(
      "token_classification", "{aggregation_strategy: Max, ignore_labels: [A, B-B]}");
  EXPECT_EQ(read.aggregation, Aggregation::kMax);
  EXPECT_EQ(read.ignore_labels, (std::vector<std::string>{"A", "B-B"}));
  EXPECT_TRUE(
      options_of<TokenClassificationOptions>("ner", "{ignore_labels: []}").ignore_labels.empty());
  EXPECT_EQ(error_of(with("ner", "{aggregation_strategy: mean}")),
            "f.yaml:4: aggregation_strategy is 'mean', expected none, simple, first, average or "
            "max");
  EXPECT_EQ(error_of(with("ner", "{ignore_labels: O}")),
            "f.yaml:4: 'ignore_labels' is 'O', expected a list of texts");
  EXPECT_EQ(error_of(with("ner", "{ignore_labels: [[O]]}")),
            "f.yaml:4: 'ignore_labels' has the item sequence, expected text");
}

TEST_F(TaskConfig, ZeroShotHasItsKwargs) {
  const auto usual = options_of<ZeroShotOptions>("zero-shot-text-classification", "{}");
  EXPECT_EQ(usual.hypothesis_template, "This text is about {}");
  EXPECT_EQ(usual.entailment_index, 0U);
  EXPECT_EQ(usual.contradiction_index, 2U);
  EXPECT_FALSE(usual.multi_class);
  EXPECT_EQ(usual.labels, std::nullopt);
  const auto read = options_of<ZeroShotOptions>(
      "zero_shot_text_classification",
      "{model_scheme: mnli, labels: 'a, b', model_config: {hypothesis_template: '{}!', "
      "entailment_index: 2, contradiction_index: 0, multi_class: yes}}");
  EXPECT_EQ(read.hypothesis_template, "{}!");
  EXPECT_EQ(read.entailment_index, 2U);
  EXPECT_EQ(read.contradiction_index, 0U);
  EXPECT_TRUE(read.multi_class);
  EXPECT_EQ(read.labels, (std::vector<std::string>{"a", "b"}));
  const std::string task = "zero_shot_text_classification";
  EXPECT_EQ(options_of<ZeroShotOptions>(task, "{labels: ['a, b']}").labels,
            std::vector<std::string>{"a, b"});
  EXPECT_EQ(error_of(with(task, "{model_scheme: nli}")),
            "f.yaml:4: model_scheme is 'nli', expected mnli");
  EXPECT_EQ(error_of(with(task, "{labels: []}")),
            "f.yaml:4: 'labels' is empty, expected at least one label");
  EXPECT_EQ(error_of(with(task, "{model_config: {hypothesis_template: x}}")),
            "f.yaml:4: hypothesis_template is 'x', expected a text with {} where the label goes");
  EXPECT_EQ(error_of(with(task, "{model_config: {hypothesis: x}}")),
            "f.yaml:4: model_config has the unknown key 'hypothesis'");
}

TEST_F(TaskConfig, EmbeddingExtractionHasItsKwargs) {
  const std::string task = "transformers_embedding_extraction";
  const auto usual = options_of<EmbeddingOptions>("embedding-extraction", "{}");
  EXPECT_EQ(usual.layer, -1);
  EXPECT_EQ(usual.extraction, Extraction::kPerToken);
  const auto read = options_of<EmbeddingOptions>(
      task, "{emb_extraction_layer: 3, extraction_strategy: reduce_mean}");
  EXPECT_EQ(read.layer, 3);
  EXPECT_EQ(read.extraction, Extraction::kReduceMean);
  EXPECT_EQ(options_of<EmbeddingOptions>(task, "{emb_extraction_layer: null}").layer, std::nullopt);
  EXPECT_EQ(error_of(with(task, "{emb_extraction_layer: /a/b}")),
            "f.yaml:4: 'emb_extraction_layer' is '/a/b', expected the number of a layer (-1 for "
            "the last) or null; names of nodes are not supported");
  EXPECT_EQ(error_of(with(task, "{extraction_strategy: mean}")),
            "f.yaml:4: extraction_strategy is 'mean', expected per_token, reduce_mean, reduce_max "
            "or cls_token");
  const Config warned = parse(with(task, "{return_numpy: true, model_size: 768}"));
  ASSERT_EQ(warned.warnings.size(), 2U);
  EXPECT_EQ(warned.warnings[0], "f.yaml:4: 'return_numpy' has no effect");
}

TEST_F(TaskConfig, BucketingSetsTheLengthOfEveryTask) {
  for (const std::string task :
       {"glue", "ner", "zero_shot_text_classification", "embedding_extraction"}) {
    const Config config = parse("endpoints:\n  - task: " + task +
                                "\n    model: m\n    bucketing: {sequence_lengths: [32, 96]}\n");
    std::visit([](const auto& options) { EXPECT_EQ(options.sequence_length, 96U); },
               config.endpoints.at(0).options);
  }
}

TEST_F(TaskConfig, NamesTheTaskInConfig) {
  const Json json = to_json(parse(with("ner", "{aggregation_strategy: max}")));
  const Json& endpoint = json.find("endpoints")->as_array()->at(0);
  EXPECT_EQ(*endpoint.find("task")->as_string(), "token_classification");
  EXPECT_EQ(*endpoint.find("name")->as_string(), "ner-0");
  EXPECT_EQ(to_text(*endpoint.find("kwargs")), R"({"aggregation_strategy":"max"})");
}

TEST_F(TaskConfig, ReadsKwargsOfACommandLine) {
  std::vector<std::string> warnings;
  const auto [options, scheduler] = options_from_kwargs(
      TaskKind::kTextClassification, R"({"top_k": 2, "batch_size": 4})", "--kwargs", warnings);
  EXPECT_EQ(std::get<TextClassificationOptions>(options).top_k, 2U);
  EXPECT_EQ(warnings, std::vector<std::string>{"--kwargs:1: 'batch_size' has no effect"});
  EXPECT_FALSE(scheduler.has_value());
  EXPECT_THROW(options_from_kwargs(TaskKind::kTextClassification, "top_k", "--kwargs", warnings),
               ConfigError);
}

TEST_F(TaskConfig, ReadsTheSchedulerInKwargsOfACommandLine) {
  std::vector<std::string> warnings;
  const auto scheduler_in = [&](const std::string& kwargs) {
    return options_from_kwargs(TaskKind::kQuestionAnswering, kwargs, "--kwargs", warnings)
        .scheduler->kind;
  };
  EXPECT_EQ(scheduler_in("{scheduler: sync}"), SchedulerKind::kSingleStream);
  EXPECT_EQ(scheduler_in("{scheduler: multi_stream}"), SchedulerKind::kMultiStream);
  EXPECT_THROW(scheduler_in("{scheduler: fast}"), ConfigError);
  EXPECT_TRUE(warnings.empty());
}

}  // namespace
}  // namespace filigree::serve
