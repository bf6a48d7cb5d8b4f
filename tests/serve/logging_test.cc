#include "serve/config/logging.h"

#include "tests/serve/config_support.h"

namespace filigree::serve {
namespace {

class Logging : public ConfigTest {
 protected:
  static std::string data(const std::string& targets) {
    return "endpoints:\n  - task: qa\n    model: m\n    data_logging:\n      " + targets + "\n";
  }
  std::vector<DataLog> logs(const std::string& targets) const {
    return parse(data(targets)).endpoints.at(0).logging.data;
  }
  const std::string endpoints_ = "endpoints:\n  - {task: qa, model: m}\n";
};

TEST_F(Logging, IsOnlyWhatIsAskedForWithoutLoggers) {
  const Config config = parse(endpoints_);
  EXPECT_FALSE(config.endpoints[0].logging.any());
  EXPECT_FALSE(config.logging.request_details.enabled);
  EXPECT_TRUE(config.logging.python);
  EXPECT_FALSE(config.logging.prometheus.has_value());
}

TEST_F(Logging, HasLatencyWhenLoggersAreNamed) {
  const Config config = parse("loggers:\n  prometheus:\n    port: 7001\n" + endpoints_);
  EXPECT_TRUE(config.endpoints[0].logging.prediction_latency.enabled);
  EXPECT_FALSE(config.endpoints[0].logging.inference_details.enabled);
  EXPECT_FALSE(config.logging.python);
  EXPECT_EQ(config.logging.prometheus->port, 7001);
  EXPECT_EQ(config.logging.prometheus->text_save_frequency, 0U);
  EXPECT_EQ(parse("loggers: {prometheus: }\n" + endpoints_).logging.prometheus->port, 6100);
}

TEST_F(Logging, ReadsGroups) {
  const Config config = parse(
      "loggers: {python: {}, prometheus: {text_log_save_dir: /x, text_log_save_frequency: 3}}\n"
      "system_logging: {request_details: {enable: true, target_loggers: [python]}}\n"
      "endpoints:\n  - {task: qa, model: m, logging_config: {prediction_latency: {enable: no},\n"
      "     inference_details: {enable: yes}}}\n  - {task: qa, model: m, logging_config: {enable: "
      "no}}\n");
  EXPECT_EQ(config.logging.prometheus->text_file, "/x/prometheus_logs.prom");
  EXPECT_EQ(config.logging.prometheus->text_save_frequency, 3U);
  EXPECT_TRUE(config.logging.request_details.loggers.has("python"));
  EXPECT_FALSE(config.logging.request_details.loggers.has("prometheus"));
  EXPECT_FALSE(config.endpoints[0].logging.prediction_latency.enabled);
  EXPECT_TRUE(config.endpoints[0].logging.inference_details.enabled);
  EXPECT_FALSE(config.endpoints[1].logging.any());
}

TEST_F(Logging, ReadsTargetsWithMembersAndIndices) {
  const auto all = logs(
      "pipeline_inputs.question: [{func: string_length, frequency: 3}]\n      "
      "\"pipeline_outputs['a b'][-1]\": [{func: identity, target_loggers: [python]}]");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].target, LogTarget::kPipelineInputs);
  EXPECT_EQ(std::get<std::string>(all[0].path.at(0)), "question");
  EXPECT_EQ(all[0].frequency, 3U);
  EXPECT_EQ(std::get<std::string>(all[1].path.at(0)), "a b");
  EXPECT_EQ(std::get<std::int64_t>(all[1].path.at(1)), -1);
  EXPECT_FALSE(all[1].loggers.has("prometheus"));
}

TEST_F(Logging, ExpandsExpressionsAndPredefinedGroups) {
  EXPECT_EQ(logs("re:pipeline_.*: [{func: identity}]").size(), 2U);
  EXPECT_EQ(logs("re:.*: [{func: answer_score}]").size(), 1U);
  EXPECT_EQ(logs("predefined: [{func: question_answering}]").size(), 5U);
}

TEST_F(Logging, RefusesWhatItCannotDoWithLineAndAlternative) {
  const auto error = [&](const std::string& targets) { return error_of(data(targets)); };
  for (const auto& [targets, part] :
       {std::pair{"pipeline_inputs: [{func: 'f.py:g'}]", "f.yaml:5: function 'f.py:g' runs Python"},
        {"pipeline_inputs: [{func: numpy.max}]", "log 'identity'"},
        {"pipeline_inputs: [{func: image_shape}]", "is one of images"},
        {"pipeline_inputs: [{func: identiti}]", "f.yaml:5: function 'identiti' is unknown"},
        {"pipeline_inputs: [{func: answer_score}]", "is one of pipeline_outputs"},
        {"pipeline_inputs: [{func: identity, frequency: 0}]", "from 1 to"},
        {"pipeline_inputs: [{func: identity, target_loggers: [mine]}]",
         "expected python, prometheus"},
        {"pipeline_inputs: [{fun: identity}]", "did you mean 'func'"},
        {"pipeline_input: [{func: identity}]", "f.yaml:5: 'data_logging' has the target"},
        {"\"pipeline_inputs[x]\": [{func: identity}]", "expected one of pipeline_inputs"},
        {"\"pipeline_inputs[0\": [{func: identity}]", "expected one of pipeline_inputs"},
        {"re:(: [{func: identity}]", "no regular expression"},
        {"re:nothing: [{func: identity}]", "matches no target"},
        {"predefined: [{func: yolo}]", "has no group 'yolo'"},
        {"pipeline_inputs: identity", "expected a list of functions"}})
    EXPECT_NE(error(targets).find(part), std::string::npos) << error(targets);
  EXPECT_EQ(error_of("loggers: {prometheus: {port: 65536}}\n" + endpoints_),
            "f.yaml:1: 'port' is '65536', expected a whole number from 0 to 65535");
  EXPECT_NE(error_of("loggers: {prometheus: {prt: 1}}\n" + endpoints_).find("did you mean 'port'"),
            std::string::npos);
  EXPECT_NE(error_of("system_logging: {request_detail: {}}\n" + endpoints_).find("request_details"),
            std::string::npos);
}

}  // namespace
}  // namespace filigree::serve
