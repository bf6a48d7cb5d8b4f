#include <stdexcept>

#include "serve/http/version.h"
#include "tests/serve/prometheus_text.h"
#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

class Routes : public ServerTest {};

TEST_F(Routes, ServeThePageWithItsContentType) {
  start();
  const ClientResponse page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.body, get("/index.html").body);
  EXPECT_EQ(page.headers.at("content-security-policy"),
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'self'");
  EXPECT_EQ(get("/style.css").headers.at("content-type"), "text/css; charset=utf-8");
  EXPECT_EQ(get("/app.js").headers.at("content-type"), "text/javascript; charset=utf-8");
}

TEST_F(Routes, TellAboutTheServer) {
  start();
  const Json server = get("/v2").json();
  EXPECT_EQ(*server.find("name")->as_string(), "filigree");
  EXPECT_EQ(*server.find("version")->as_string(), version());
  EXPECT_EQ(*server.find("isa")->as_string(), "fake");
  EXPECT_EQ(*server.find("cores")->as_integer(), 3);
  EXPECT_EQ(to_text(*server.find("models")),
            R"([{"name":"qa","task":"question_answering","state":"ready"}])");
}

TEST_F(Routes, ListModelsWithTheirFigures) {
  engine_.fail_model("broken", "broken: offset 3: bad");
  start(fake_config({"qa", "broken"}));
  const Json models = *get("/v2/models").json().find("models");
  const Json& ready = models.as_array()->at(0);
  EXPECT_EQ(*ready.find("state")->as_string(), "ready");
  EXPECT_EQ(*ready.find("sequence_length")->as_integer(), 128);
  EXPECT_EQ(*ready.find("file_bytes")->as_integer(), 1000);
  EXPECT_EQ(*ready.find("memory_bytes")->as_integer(), 700);
  EXPECT_EQ(*ready.find("own_bytes")->as_integer(), 700);
  EXPECT_EQ(*ready.find("shared_bytes")->as_integer(), 0);
  EXPECT_EQ(*ready.find("sparsity")->as_double(), 0.625);
  EXPECT_EQ(to_text(*ready.find("matrices")),
            R"([{"form":"fp32","kernel":"unstructured_f32","count":2,"nonzeros":15,)"
            R"("packed_bytes":120}])");
  EXPECT_EQ(to_text(*ready.find("routes")), R"(["/v2/models/qa/infer"])");
  EXPECT_TRUE(ready.find("card")->is_null());
  const Json& broken = models.as_array()->at(1);
  EXPECT_EQ(*broken.find("state")->as_string(), "failed");
  EXPECT_EQ(*broken.find("error")->as_string(), "broken: offset 3: bad");
}

TEST_F(Routes, DescribeOneModel) {
  start();
  EXPECT_EQ(*get("/v2/models/qa").json().find("name")->as_string(), "qa");
  EXPECT_EQ(get("/v2/models/qa/ready").body, R"({"name":"qa","ready":true,"status":"OK"})");
}

TEST_F(Routes, ShowTheConfiguration) {
  start();
  const ClientResponse config = get("/config");
  EXPECT_EQ(config.status, 200);
  EXPECT_EQ(*config.json().find("endpoints")->as_array()->at(0).find("name")->as_string(), "qa");
}

TEST_F(Routes, ShowMetricsOfAnsweredRequests) {
  start();
  EXPECT_EQ(post("/predict", kQuestion).status, 200);
  EXPECT_EQ(post("/predict", "{}").status, 422);
  const ClientResponse metrics = get("/metrics");
  EXPECT_EQ(metrics.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const auto parsed = parse_prometheus(metrics.body);
  ASSERT_TRUE(std::holds_alternative<PrometheusSamples>(parsed)) << std::get<std::string>(parsed);
  EXPECT_EQ(std::get<PrometheusSamples>(parsed).at("filigree_batch_tokens_count"), 1);
  for (const std::string line :
       {R"(filigree_requests_total{endpoint="qa",code="200"} 1)",
        R"(filigree_requests_total{endpoint="qa",code="422"} 1)",
        R"(filigree_errors_total{endpoint="qa"} 1)", R"(filigree_model_ready{endpoint="qa"} 1)",
        R"(filigree_request_duration_seconds_count{endpoint="qa",stage="total"} 1)",
        R"(filigree_tokens_total{endpoint="qa"} 6)", R"(filigree_requests_in_flight 0)"})
    EXPECT_NE(metrics.body.find(line + "\n"), std::string::npos) << line << "\n" << metrics.body;
}

TEST_F(Routes, TellTheStateInNumbers) {
  engine_.fail_model("broken", "bad");
  start(fake_config({"qa", "broken"}));
  EXPECT_EQ(post("/v2/models/qa/infer", kQuestion).status, 200);
  EXPECT_EQ(post("/v2/models/broken/infer", kQuestion).status, 503);
  const Json state = get("/v2/state").json();
  EXPECT_EQ(*state.find("in_flight")->as_integer(), 0);
  EXPECT_EQ(*state.find("queued")->as_integer(), 0);
  EXPECT_EQ(*state.find("queued_tokens")->as_integer(), 0);
  EXPECT_EQ(*state.find("batches")->as_integer(), 1);
  EXPECT_EQ(*state.find("batch_tokens")->as_integer(), 32);
  EXPECT_EQ(*state.find("requests")->as_integer(), 2);
  EXPECT_EQ(*state.find("tokens")->as_integer(), 6);
  EXPECT_GT(*state.find("resident_bytes")->as_integer(), 1 << 20);
  EXPECT_EQ(to_text(*state.find("endpoints")), R"({"loading":0,"ready":1,"failed":1,"unloaded":0})");
  EXPECT_FALSE(*state.find("stopping")->as_bool());
}

TEST_F(Routes, TellWhatWaits) {
  start();
  engine_.hold_answers();
  HttpClient client(port());
  client.send("POST /predict HTTP/1.1\r\nHost: t\r\nContent-Length: " +
              std::to_string(kQuestion.size()) + "\r\n\r\n" + kQuestion);
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  const Json state = get("/v2/state").json();
  EXPECT_EQ(*state.find("in_flight")->as_integer(), 1);
  EXPECT_EQ(*state.find("queued")->as_integer(), 1);
  EXPECT_EQ(*state.find("queued_tokens")->as_integer(), 6);
  engine_.release_answers();
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(Routes, HaveNoMatricesWithoutAnEncoderOrAModel) {
  engine_.fail_model("broken", "bad");
  start(fake_config({"qa", "broken"}));
  EXPECT_EQ(get("/v2/models/qa/matrices").body, R"({"matrices":[]})");
  const ClientResponse broken = get("/v2/models/broken/matrices");
  EXPECT_EQ(broken.status, 503);
  EXPECT_EQ(*broken.json().find("error")->as_string(), "the model cannot be served: bad");
}

TEST_F(Routes, ShowMetricsOfModels) {
  engine_.fail_model("broken", "offset 3: bad");
  Config config = fake_config({"qa", "again", "broken"});
  config.endpoints[1].model_path = "qa";
  start(std::move(config));
  const std::string metrics = get("/metrics").body;
  for (const std::string line : {R"(filigree_model_state{model="qa",state="ready"} 1)",
                                 R"(filigree_model_state{model="qa",state="failed"} 0)",
                                 R"(filigree_model_state{model="broken",state="loading"} 0)",
                                 R"(filigree_model_state{model="broken",state="failed"} 1)",
                                 R"(filigree_model_bytes{model="again",kind="own"} 700)",
                                 R"(filigree_model_bytes{model="again",kind="shared"} 0)",
                                 R"(filigree_models_memory_bytes 700)"})
    EXPECT_NE(metrics.find(line + "\n"), std::string::npos) << line << "\n" << metrics;
  EXPECT_EQ(metrics.find(R"(filigree_model_bytes{model="broken")"), std::string::npos);
}

TEST_F(Routes, ListTheEndpointsWhenThereIsNothing) {
  start();
  const ClientResponse response = get("/v2/models/q/infer");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(to_text(*response.json().find("endpoints")),
            R"([{"name":"qa","task":"question_answering","infer":"POST /v2/models/qa/infer"}])");
}

TEST_F(Routes, NameThePathWhereThereIsNothingInTheShapeOfItsFamily) {
  start();
  const Json error = get("/v2/nothing?x=1").json();
  EXPECT_EQ(*error.find("error")->as_string(), "there is nothing at '/v2/nothing'");
  EXPECT_EQ(error.find("detail"), nullptr);
  const Json detail = get("/no%20thing").json();
  EXPECT_EQ(*detail.find("detail")->as_string(), "there is nothing at '/no%20thing'");
  EXPECT_EQ(detail.find("error"), nullptr);
  const Json both = get("/v2/models/q/infer").json();
  for (const char* name : {"error", "detail"})
    EXPECT_EQ(*both.find(name)->as_string(), "there is nothing at '/v2/models/q/infer'");
}

TEST_F(Routes, TellTheAllowedMethods) {
  start();
  const ClientResponse response = get("/v2/models/qa/infer");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.at("allow"), "POST");
  EXPECT_EQ(post("/v2", "").headers.at("allow"), "GET, HEAD");
}

TEST_F(Routes, AnswerHeadWithTheLengthAndNoBody) {
  start();
  HttpClient client(port());
  client.send("HEAD /v2 HTTP/1.1\r\nHost: t\r\n\r\n");
  const ClientResponse head = client.receive(/*head=*/true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), std::to_string(get("/v2").body.size()));
  EXPECT_EQ(client.get("/v2/health/live").body, R"({"status":"OK"})");
}

TEST_F(Routes, RefuseAConfigurationWithTwoEndpointsAtOneAddress) {
  Config config = fake_config({"a", "b"});
  config.endpoints[1].route = "/a";
  EXPECT_THROW(Server(std::move(config), options_, engine_.backend()), ConfigError);
}

TEST_F(Routes, AnswerTheHealthChecksOfEveryGeneration) {
  engine_.hold_loading();
  start_loading(fake_config({"qa"}));
  EXPECT_EQ(get("/ping").status, 503);
  EXPECT_EQ(get("/health").body, "false");
  engine_.release_loading();
  ASSERT_TRUE(server_->wait_until_loaded(std::chrono::seconds(10)));
  for (const std::string path : {"/ping", "/health", "/healthcheck", "/status"}) {
    EXPECT_EQ(get(path).status, 200) << path;
    EXPECT_EQ(get(path).body, "true") << path;
  }
  EXPECT_EQ(*get("/v2/health/ready").json().find("status")->as_string(), "OK");
}

TEST_F(Routes, AnswerSageMaker) {
  Config config = fake_config({"qa"});
  config.integration = Integration::kSagemaker;
  start(std::move(config));
  EXPECT_EQ(get("/ping").body, R"({"status":"OK"})");
  EXPECT_EQ(post("/invocations", kQuestion).body, kAnswer);
  EXPECT_EQ(post("/invocations/qa/infer", kQuestion).body, kAnswer);
  EXPECT_EQ(get("/invocations/qa/ready").status, 200);
  EXPECT_EQ(*get("/invocations/qa").json().find("name")->as_string(), "qa");
}

TEST_F(Routes, KeepTheShapeOfErrorsOfTheirFamily) {
  start();
  EXPECT_EQ(get("/nothing").json().find("error"), nullptr);
  EXPECT_NE(get("/nothing").json().find("detail"), nullptr);
  EXPECT_NE(get("/v2/nothing").json().find("error"), nullptr);
  EXPECT_EQ(get("/v2/nothing").json().find("detail"), nullptr);
  EXPECT_TRUE(post("/predict", "{").json().find("detail")->as_string()->starts_with("the body is"));
  const Json both = post("/v2/models/qa/infer", R"({"question":"q"})").json();
  EXPECT_EQ(*both.find("error")->as_string(), "body.context: field required");
  EXPECT_EQ(both.find("detail")->as_array()->size(), 1U);
}

}  // namespace
}  // namespace filigree::serve
