#include "tests/serve/config_support.h"

namespace filigree::serve {
namespace {

class EndpointConfigTest : public ConfigTest {
 protected:
  static std::string with(const std::string& line) {
    return "endpoints:\n  - task: qa\n    model: m\n    " + line + "\n";
  }
  QuestionAnsweringOptions options_of(const std::string& line) const {
    return std::get<QuestionAnsweringOptions>(parse(with(line)).endpoints.at(0).options);
  }
};

TEST_F(EndpointConfigTest, HasTheDefaultsOfDeepSparse) {
  const EndpointConfig endpoint = parse(with("")).endpoints.at(0);
  EXPECT_EQ(endpoint.batch_size, 1U);
  EXPECT_EQ(endpoint.route, std::nullopt);
  const auto options = std::get<QuestionAnsweringOptions>(endpoint.options);
  EXPECT_EQ(options.sequence_length, 128U);
  EXPECT_EQ(options.doc_stride, 64U);
  EXPECT_EQ(options.max_answer_length, 15U);
  EXPECT_EQ(options.n_best_size, 20U);
  EXPECT_FALSE(options.version_2_with_negative);
  EXPECT_EQ(options.num_spans, std::nullopt);
}

TEST_F(EndpointConfigTest, HasAWeightThatIsAWholeNumber) {
  EXPECT_EQ(parse(with("")).endpoints.at(0).weight, 1U);
  EXPECT_EQ(parse(with("weight: 4")).endpoints.at(0).weight, 4U);
  for (const char* line : {"weight: 0", "weight: 0.5", "weight: many"})
    EXPECT_THROW(parse(with(line)), ConfigError) << line;
}

TEST_F(EndpointConfigTest, NumbersUnnamedEndpointsOfATask) {
  const Config config = parse(
      "endpoints:\n  - {task: qa, model: m}\n  - {task: qa, model: m, name: x}\n"
      "  - {task: qa, model: m}\n  - {task: question_answering, model: m}\n");
  EXPECT_EQ(config.endpoints[0].name, "qa-0");
  EXPECT_EQ(config.endpoints[2].name, "qa-1");
  EXPECT_EQ(config.endpoints[3].name, "question_answering-0");
}

TEST_F(EndpointConfigTest, NormalisesRoutes) {
  EXPECT_EQ(parse(with("route: a/b/")).endpoints[0].route, "/a/b");
  EXPECT_EQ(parse(with("route: /a")).endpoints[0].route, "/a");
}

TEST_F(EndpointConfigTest, NamesBothLinesOfADuplicateNameOrRoute) {
  EXPECT_EQ(error_of("endpoints:\n  - {task: qa, model: m, name: x}\n"
                     "  - {task: qa, model: m, name: x}\n"),
            "f.yaml:3: name 'x' is already used on line 2");
  EXPECT_EQ(error_of("endpoints:\n  - {task: qa, model: m, route: r}\n"
                     "  - {task: qa, model: m, route: /r/}\n"),
            "f.yaml:3: route '/r' is already used on line 2");
}

TEST_F(EndpointConfigTest, RejectsNamesAndRoutesThatAreNoUrl) {
  for (const std::string value : {"\"\"", "a b", "a?b", "'a#b'", "a%20b", "\"a\\nb\"", "/"}) {
    EXPECT_EQ(error_of(with("route: " + value)).substr(0, 18), "f.yaml:4: route is") << value;
    EXPECT_EQ(error_of(with("name: " + value)).substr(0, 17), "f.yaml:4: name is") << value;
  }
}

TEST_F(EndpointConfigTest, NeedsTaskAndModel) {
  EXPECT_EQ(error_of("endpoints:\n  - model: m\n"), "f.yaml:2: endpoint has no 'task'");
  EXPECT_EQ(error_of("endpoints:\n  - task: qa\n"), "f.yaml:2: endpoint has no 'model'");
  EXPECT_EQ(error_of("endpoints:\n  - just text\n"),
            "f.yaml:2: endpoint is 'just text', expected a map of keys and values");
}

TEST_F(EndpointConfigTest, RejectsTasksThatItDoesNotServe) {
  const std::string error = error_of("endpoints:\n  - model: m\n    task: yolo\n");
  EXPECT_EQ(error.find("f.yaml:3: task 'yolo' reads images, and filigree text only"), 0U) << error;
}

TEST_F(EndpointConfigTest, FindsARelativeModelBesideTheFile) {
  EXPECT_EQ(parse(with("")).endpoints[0].model_path, models_.path() / "m");
  const auto file = parse("endpoints:\n  - {task: qa, model: m/model.onnx}\n");
  EXPECT_EQ(file.endpoints[0].model_path, models_.path() / "m/model.onnx");
}

TEST_F(EndpointConfigTest, TellsWhereItLookedForAModel) {
  const std::string error = error_of("endpoints:\n  - task: qa\n    model: nowhere\n");
  EXPECT_TRUE(error.starts_with("f.yaml:3: model 'nowhere' is neither a folder with model.onnx"))
      << error;
  EXPECT_NE(error.find((models_.path() / "nowhere").string()), std::string::npos) << error;
  EXPECT_NE(error.find((std::filesystem::current_path() / "nowhere").string()), std::string::npos);
}

TEST_F(EndpointConfigTest, ReadsKwargs) {
  const auto options = options_of(
      "kwargs: {sequence_length: 384, doc_stride: 128, max_answer_length: 30, n_best_size: 5, "
      "version_2_with_negative: yes, num_spans: 3}");
  EXPECT_EQ(options.sequence_length, 384U);
  EXPECT_EQ(options.doc_stride, 128U);
  EXPECT_EQ(options.max_answer_length, 30U);
  EXPECT_EQ(options.n_best_size, 5U);
  EXPECT_TRUE(options.version_2_with_negative);
  EXPECT_EQ(options.num_spans, 3U);
}

TEST_F(EndpointConfigTest, UsesTheLargestOfSeveralLengths) {
  EXPECT_EQ(options_of("kwargs: {sequence_length: [64, 384, 128]}").sequence_length, 384U);
  EXPECT_EQ(options_of("bucketing: {sequence_lengths: [64, 256]}").sequence_length, 256U);
}

TEST_F(EndpointConfigTest, RejectsKwargsOfTheWrongTypeOrName) {
  EXPECT_EQ(error_of(with("kwargs: {n_best_size: 0}")),
            "f.yaml:4: 'n_best_size' is '0', expected a whole number from 1 to 2147483647");
  EXPECT_EQ(error_of(with("kwargs: {version_2_with_negative: maybe}")),
            "f.yaml:4: 'version_2_with_negative' is 'maybe', expected true or false");
  EXPECT_EQ(error_of(with("kwargs: {doc_strid: 3}")),
            "f.yaml:4: kwargs has the unknown key 'doc_strid'; did you mean 'doc_stride'");
  EXPECT_EQ(error_of(with("kwargs: [1]")),
            "f.yaml:4: kwargs is sequence, expected a map of keys and values");
  EXPECT_EQ(error_of(with("bucketing: {image_sizes: [[1, 1]]}")),
            "f.yaml:4: bucketing has the unknown key 'image_sizes'");
  EXPECT_EQ(error_of(with("bucketing: {sequence_lengths: []}")),
            "f.yaml:4: 'sequence_lengths' is empty, expected at least one number");
}

TEST_F(EndpointConfigTest, WarnsAboutKwargsWithoutEffect) {
  const Config config = parse(with("kwargs: {max_question_length: 64, pad_to_max_length: true}"));
  ASSERT_EQ(config.warnings.size(), 2U);
  EXPECT_EQ(config.warnings[0], "f.yaml:4: 'max_question_length' has no effect");
}

TEST_F(EndpointConfigTest, RefusesWhatItCannotDo) {
  EXPECT_EQ(error_of(with("kwargs: {output_dir: /x}")),
            "f.yaml:4: 'output_dir' is not supported: no files are written");
  EXPECT_EQ(error_of(with("middlewares: [a.py:B]")),
            "f.yaml:4: 'middlewares' names Python functions, which filigree never runs; what they "
            "add belongs into a proxy in front");
  EXPECT_EQ(error_of(with("middlewares: []")), "accepted");
}

}  // namespace
}  // namespace filigree::serve
