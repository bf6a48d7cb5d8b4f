#include "serve/http/request_log.h"

#include <filesystem>

#include "serve/http/log_functions.h"
#include "tests/serve/config_support.h"
#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

Json json_of(const std::string& text) { return std::get<Json>(parse_json(text)); }

// What a function says of a request and its answer, as JSON text; "nothing".
class LogFunctions : public ConfigTest {
 protected:
  std::string value(const std::string& target, const std::string& function) const {
    const Config config =
        parse("endpoints:\n  - task: qa\n    model: m\n    data_logging:\n      \"" + target +
              "\": [{func: " + function + "}]\n");
    AnsweredRequest request;
    request.input = &input_;
    request.output = &output_;
    request.sequences = {{.ids = {2, 1, 4, 1}, .type_ids = {}}};
    const std::vector<runtime::SequenceOutput> outputs = {
        {.tensors = {loader::Tensor::of<float>({2}, std::vector<float>{0.5F, -1.0F})}}};
    request.outputs = &outputs;
    const auto logged = logged_value(config.endpoints[0].logging.data.at(0), request, 1);
    return logged ? to_text(*logged) : "nothing";
  }

  Json input_ = json_of(R"({"question":"wer","sequences":["é","ab"],"n":[[1,2],[3]]})");
  Json output_ = json_of(R"({"answer":"Zürich","score":2.5,"predictions":[)"
                         R"([{"entity":"O","score":0.5},{"entity":"B","score":1.0}],[]]})");
};

TEST_F(LogFunctions, ReadPartsOfARequest) {
  EXPECT_EQ(value("pipeline_inputs.question", "identity"), R"("wer")");
  EXPECT_EQ(value("pipeline_inputs.n[0][-1]", "identity"), "2");
  EXPECT_EQ(value("pipeline_inputs['n'][1]", "identity"), "[3]");
  EXPECT_EQ(value("pipeline_inputs.nothing", "identity"), "nothing");
  EXPECT_EQ(value("pipeline_inputs.n[2]", "identity"), "nothing");
  EXPECT_EQ(value("engine_inputs[0]", "identity"), "[2,1,4,1]");
  EXPECT_EQ(value("engine_outputs[0][0]", "identity"), "[0.5,-1.0]");
}

TEST_F(LogFunctions, SayWhatDeepSparsesSay) {
  EXPECT_EQ(value("pipeline_inputs.question", "string_length"), "3");
  EXPECT_EQ(value("pipeline_inputs.sequences", "string_length"), "[1,2]");
  EXPECT_EQ(value("pipeline_inputs.n", "string_length"), "nothing");
  EXPECT_EQ(value("engine_inputs", "percent_unknown_tokens"), "50.0");
  EXPECT_EQ(value("pipeline_outputs", "answer_found"), "1");
  EXPECT_EQ(value("pipeline_outputs", "answer_length"), "6");
  EXPECT_EQ(value("pipeline_outputs", "answer_score"), "2.5");
  EXPECT_EQ(value("pipeline_outputs", "mean_score"), "[0.75,0.0]");
  EXPECT_EQ(value("pipeline_outputs", "percent_zero_labels"), "[50.0,0.0]");
}

TEST(PrometheusLogTest, NamesMetricsAsDeepSparse) {
  EXPECT_EQ(prometheus_name("question_answering-0/prediction_latency/engine_forward_seconds"),
            "deepsparse_question_answering__0__prediction_latency__engine_forward_seconds");
  EXPECT_EQ(prometheus_name("QA/pipeline_inputs[0]__identity"),
            "deepsparse_qa__pipeline_inputs__0____identity");
}

TEST(PrometheusLogTest, WritesEveryKind) {
  PrometheusLog log({});
  log.record(LogMetric::kHistogram, "h", "a", 0.005);
  log.record(LogMetric::kHistogram, "h", "a", 20);
  log.record(LogMetric::kSummary, "s", "a", 2);
  log.record(LogMetric::kSummary, "s", "b\"", 3);
  log.record(LogMetric::kGauge, "g", "a", 7);
  log.record(LogMetric::kGauge, "g", "a", 5);
  log.record(LogMetric::kCounter, "c", "a", 1);
  log.record(LogMetric::kCounter, "c", "a", 1);
  log.record(LogMetric::kGauge, "c", "a", 9);
  const std::string text = log.text();
  for (const std::string line :
       {"# TYPE deepsparse_h histogram", R"(deepsparse_h_bucket{pipeline_name="a",le="0.005"} 1)",
        R"(deepsparse_h_bucket{pipeline_name="a",le="10"} 1)",
        R"(deepsparse_h_bucket{pipeline_name="a",le="+Inf"} 2)",
        R"(deepsparse_h_sum{pipeline_name="a"} 20.005)",
        R"(deepsparse_s_count{pipeline_name="a"} 1)", R"(deepsparse_s_sum{pipeline_name="b\""} 3)",
        R"(deepsparse_g{pipeline_name="a"} 5)", "# TYPE deepsparse_c_total counter",
        R"(deepsparse_c_total{pipeline_name="a"} 2)"})
    EXPECT_NE(("\n" + text).find("\n" + line + "\n"), std::string::npos) << line << "\n" << text;
}

TEST(PrometheusLogTest, WritesItsFileEverySoManyValues) {
  const ModelFolder folder;
  const auto file = folder.path() / "x.prom";
  PrometheusLog log({.port = 0, .text_save_frequency = 2, .text_file = file});
  log.record(LogMetric::kGauge, "g", "a", 1);
  EXPECT_FALSE(std::filesystem::exists(file));
  log.record(LogMetric::kGauge, "g", "a", 2);
  std::ifstream stream(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), log.text());
}

class ServerLoggers : public ServerTest {
 protected:
  void start_with(const std::string& loggers, const std::string& endpoint) {
    const std::string yaml =
        loggers + "endpoints:\n  - {task: qa, name: qa, model: m" + endpoint + "}\n";
    start(parse_config(yaml, "f.yaml", models_.path()));
  }
  std::string prometheus() const {
    return HttpClient(server_->prometheus_port().value()).get("/metrics").body;
  }

  ModelFolder models_;
};

TEST_F(ServerLoggers, ServeDeepSparsesMetricsOnTheirOwnPort) {
  start_with("loggers: {prometheus: {port: 0}}\nsystem_logging: {request_details: {enable: yes}}\n",
             ", logging_config: {inference_details: {enable: yes}}, data_logging: {predefined: "
             "[{func: question_answering}]}");
  EXPECT_EQ(post("/predict", kQuestion).body, kAnswer);
  EXPECT_EQ(post("/predict", "{}").status, 422);
  const std::string text = prometheus();
  for (
      const std::string line :
      {R"(deepsparse_qa__prediction_latency__engine_forward_seconds_bucket{pipeline_name="qa",le="0.005"} 1)",
       R"(deepsparse_qa__prediction_latency__total_inference_seconds_count{pipeline_name="qa"} 1)",
       R"(deepsparse_qa__inference_details__num_cores_total{pipeline_name="qa"} 3)",
       R"(deepsparse_qa__pipeline_outputs__answer_score_sum{pipeline_name="qa"} 8)",
       R"(deepsparse_qa__pipeline_inputs__question__string_length_sum{pipeline_name="qa"} 3)",
       R"(deepsparse_request_details__successful_request_count_total{pipeline_name="qa"} 1)"})
    EXPECT_NE(text.find(line + "\n"), std::string::npos) << line << "\n" << text;
  EXPECT_NE(get("/metrics").body.find("filigree_requests_total"), std::string::npos);
  EXPECT_EQ(HttpClient(server_->prometheus_port().value()).post("/metrics", "").status, 405);
}

TEST_F(ServerLoggers, WritePythonsLinesToTheLog) {
  start_with("", ", data_logging: {pipeline_outputs: [{func: identity, frequency: 2}]}");
  EXPECT_FALSE(server_->prometheus_port().has_value());
  set_log_level(LogLevel::kInfo);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post("/predict", kQuestion).status, 200);
  const std::string text = testing::internal::GetCapturedStderr();
  const std::string line =
      "Identifier: qa/pipeline_outputs__identity | Category: data | Logged Data: " + kAnswer + "\n";
  const std::size_t first = text.find(line);
  ASSERT_NE(first, std::string::npos) << text;
  const std::size_t second = text.find(line, first + 1);
  ASSERT_NE(second, std::string::npos) << text;
  EXPECT_EQ(text.find(line, second + 1), std::string::npos);
  EXPECT_EQ(text.find("prediction_latency"), std::string::npos);
}

TEST_F(ServerLoggers, LogNothingUnlessAskedTo) {
  start();
  set_log_level(LogLevel::kInfo);
  testing::internal::CaptureStderr();
  EXPECT_EQ(post("/predict", kQuestion).status, 200);
  EXPECT_EQ(testing::internal::GetCapturedStderr().find("Identifier"), std::string::npos);
}

}  // namespace
}  // namespace filigree::serve
