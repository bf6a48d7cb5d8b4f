#include <array>
#include <charconv>
#include <thread>
#include <vector>

#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

class Infer : public ServerTest {};

TEST_F(Infer, AnswersWithTheFourMembersOnEveryPath) {
  Config config = fake_config({"qa"});
  config.endpoints[0].route = "/ask/me";
  start(std::move(config));
  for (const std::string path :
       {"/v2/models/qa/infer", "/v2/models/ask/me/infer", "/ask/me", "/v2/models/%71a/infer/"}) {
    const ClientResponse response = post(path, kQuestion);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.body, kAnswer) << path;
  }
}

TEST_F(Infer, TellsTheEngineTheWeightOfTheEndpoint) {
  Config config = fake_config({"qa", "other"});
  config.endpoints[1].weight = 4;
  start(std::move(config));
  post("/v2/models/other/infer", kQuestion);
  EXPECT_EQ(engine_.last_weight(), 4);
  post("/v2/models/qa/infer", kQuestion);
  EXPECT_EQ(engine_.last_weight(), 1);
}

TEST_F(Infer, TellsTimesAndTokensInHeaders) {
  start();
  const ClientResponse response = post("/predict", kQuestion);
  EXPECT_EQ(response.headers.at("x-compute-tokens"), "6");
  EXPECT_EQ(response.headers.at("x-queue-time"), "1.000");
  EXPECT_EQ(response.headers.at("x-inference-time"), "2.000");
  for (const std::string name : {"x-total-time", "x-tokenization-time"}) {
    const std::string& text = response.headers.at(name);
    double value = -1;
    std::from_chars(text.data(), text.data() + text.size(), value);
    EXPECT_GE(value, 0) << name;
  }
}

TEST_F(Infer, TellsTheTimesOfStepsWhenAsked) {
  start();
  for (const std::string path : {"/predict?timing=steps", "/v2/models/qa/infer?a=b&timing=steps"}) {
    const Json answer = post(path, kQuestion).json();
    EXPECT_EQ(*answer.find("answer")->as_string(), "oslo");
    const Json& timing = *answer.find("timing");
    EXPECT_EQ(*timing.find("unit")->as_string(), "ms");
    EXPECT_EQ(*timing.find("queue")->as_double(), 1.0);
    EXPECT_EQ(*timing.find("inference")->as_double(), 2.0);
    EXPECT_GE(*timing.find("tokenize")->as_double(), 0.0);
    EXPECT_GE(*timing.find("postprocess")->as_double(), 0.0);
    EXPECT_EQ(*timing.find("embeddings")->as_double(), 0.25);
    EXPECT_EQ(*timing.find("rest")->as_double(), 0.0);
    EXPECT_EQ(to_text(*timing.find("layers")),
              R"([{"query":0.0,"key":0.0,"value":0.0,"wait":0.0,"attention":1.5,)"
              R"("attention output":0.0,"attention norm":0.0,"ffn in":0.0,"ffn out":0.0,)"
              R"("output norm":0.0}])");
  }
  EXPECT_EQ(post("/predict?timings=steps", kQuestion).body, kAnswer);
}

TEST_F(Infer, RefusesAnUnknownDetailOfTiming) {
  start();
  for (const std::string query : {"timing=", "timing=all", "timing=steps&timing=layers"}) {
    const ClientResponse response = post("/predict?" + query, kQuestion);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_NE(response.json().find("detail")->as_string()->find("expected steps"),
              std::string::npos)
        << response.body;
  }
}

TEST_F(Infer, EchoesAPlainRequestId) {
  start();
  HttpClient client(port());
  client.send("GET /v2/health/live HTTP/1.1\r\nHost: t\r\nX-Request-Id: abc-1\r\n\r\n");
  EXPECT_EQ(client.receive().headers.at("x-request-id"), "abc-1");
  EXPECT_EQ(get("/v2/health/live").headers.at("x-request-id").size(), 16U);
}

TEST_F(Infer, AcceptsAnyContentType) {
  start();
  HttpClient client(port());
  client.send("POST /predict HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nContent-Length: " +
              std::to_string(kQuestion.size()) + "\r\n\r\n" + kQuestion);
  EXPECT_EQ(client.receive().body, kAnswer);
}

TEST_F(Infer, AcceptsAChunkedBody) {
  start();
  HttpClient client(port());
  client.send("POST /predict HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("12\r\n" + kQuestion.substr(0, 18) + "\r\n");
  std::array<char, 8> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), kQuestion.size() - 18, 16);
  client.send(std::string(size.data(), end.ptr) + "\r\n" + kQuestion.substr(18) + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().body, kAnswer);
}

TEST_F(Infer, NamesThePlaceOfBadJson) {
  start();
  const ClientResponse cut = post("/predict", R"({"question": )");
  EXPECT_EQ(cut.status, 400);
  EXPECT_NE(cut.body.find("at byte 13 (line 1, column 14)"), std::string::npos) << cut.body;
  const ClientResponse bytes = post("/predict", "{\"question\": \"\xc3(\"}");
  EXPECT_EQ(bytes.status, 400);
  EXPECT_NE(bytes.body.find("invalid UTF-8 at byte"), std::string::npos) << bytes.body;
  EXPECT_EQ(post("/predict", "").status, 400);
  EXPECT_EQ(post("/predict", std::string(100'000, '[')).status, 400);
  EXPECT_EQ(post("/predict", std::string(1000, '\0')).status, 400);
}

TEST_F(Infer, NamesTheFieldThatIsMissingOrWrong) {
  start();
  const ClientResponse missing = post("/predict", R"({"question": "who"})");
  EXPECT_EQ(missing.status, 422);
  EXPECT_EQ(missing.body, R"({"detail":[{"loc":["body","context"],"msg":"field required",)"
                          R"("type":"value_error.missing"}]})");
  EXPECT_EQ(post("/predict", R"({"question": 1, "context": "c"})").status, 422);
  EXPECT_EQ(post("/predict", "[]").status, 422);
}

TEST_F(Infer, AnswersNothingForAnEmptyContext) {
  start();
  EXPECT_EQ(post("/predict", R"({"question": "who", "context": ""})").body,
            R"({"score":0.0,"answer":"","start":0,"end":0})");
}

TEST_F(Infer, WarnsInTheBodyAboutAQuestionThatWasCut) {
  start();
  std::string question;
  for (int i = 0; i < 200; ++i) question += "who ";
  std::string context;
  for (int i = 0; i < 200; ++i) context += "in ";
  const ClientResponse response = post(
      "/predict", to_text(Json::object({{"question", question}, {"context", context + "oslo"}})));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(*response.json().find("answer")->as_string(), "oslo");
  EXPECT_NE(response.json().find("warning")->as_string()->find("200 tokens"), std::string::npos);
}

TEST_F(Infer, Is429WhenTheQueueIsFull) {
  start();
  engine_.answer_with(runtime::Status::kQueueFull, "512 requests are waiting");
  const ClientResponse response = post("/predict", kQuestion);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.headers.at("retry-after"), "1");
  EXPECT_EQ(*response.json().find("detail")->as_string(), "512 requests are waiting");
}

TEST_F(Infer, Is504AfterADeadlineAnd503WhenStopping) {
  start();
  engine_.answer_with(runtime::Status::kDeadline, "too late");
  EXPECT_EQ(post("/predict", kQuestion).status, 504);
  engine_.answer_with(runtime::Status::kStopping, "stopping");
  EXPECT_EQ(post("/predict", kQuestion).status, 503);
}

TEST_F(Infer, TellsTheEngineTheDeadlineThatTheRequestSays) {
  start();
  post("/predict", kQuestion);
  EXPECT_FALSE(engine_.last_deadline());
  const auto before = runtime::Clock::now();
  post("/predict", R"({"question": "who", "context": "in oslo", "timeout_ms": 60000})");
  const auto deadline = engine_.last_deadline();
  ASSERT_TRUE(deadline);
  EXPECT_GE(*deadline, before + std::chrono::minutes(1));
  EXPECT_LE(*deadline, runtime::Clock::now() + std::chrono::minutes(1));
}

TEST_F(Infer, TellsTheEngineTheDeadlineOfTheServerWhenTheRequestSaysNone) {
  options_.request_timeout = std::chrono::hours(1);
  start();
  post("/predict", kQuestion);
  ASSERT_TRUE(engine_.last_deadline());
  EXPECT_GT(*engine_.last_deadline(), runtime::Clock::now() + std::chrono::minutes(30));
  post("/predict", R"({"question": "who", "context": "in oslo", "timeout_ms": 0})");
  EXPECT_FALSE(engine_.last_deadline());
}

TEST_F(Infer, NamesTheTimeoutThatHasPassedInTheShapeOfThePath) {
  start();
  engine_.answer_with(runtime::Status::kDeadline, "too late");
  const std::string question =
      R"({"question": "who", "context": "in oslo", "parameters": {"timeout": 60000500}})";
  const std::string message = "the answer was not computed within the timeout of 60000.5 ms";
  const ClientResponse bare = post("/predict", question);
  EXPECT_EQ(bare.status, 504);
  EXPECT_EQ(bare.body, R"({"detail":")" + message + R"("})");
  EXPECT_EQ(post("/v2/models/qa/infer", question).body,
            R"({"error":")" + message + R"(","detail":")" + message + R"("})");
  EXPECT_TRUE(metrics_will_have(R"(filigree_requests_total{endpoint="qa",code="504"} 2)"));
}

TEST_F(Infer, TellsOnlyTheRequestIdOfAFailureInside) {
  start();
  engine_.answer_nonsense();
  testing::internal::CaptureStderr();
  const ClientResponse response = post("/predict", kQuestion);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(*response.json().find("detail")->as_string(), "internal error");
  const std::string id = response.headers.at("x-request-id");
  EXPECT_EQ(*response.json().find("request_id")->as_string(), id);
  EXPECT_NE(log.find(id), std::string::npos) << log;
  EXPECT_EQ(response.body.find("logits"), std::string::npos);
  EXPECT_NE(log.find("an output of shape"), std::string::npos) << log;
}

TEST_F(Infer, AnswersManyConnectionsAtOnceEachItsOwnQuestion) {
  start(fake_config({"a", "b"}));
  constexpr int kClients = 8;
  constexpr int kRequests = 20;
  std::array<int, kClients> right{};
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c)
    clients.emplace_back([&, c] {
      HttpClient client(port());
      std::string context;
      for (int i = 0; i < c; ++i) context += "in ";
      const std::string body =
          to_text(Json::object({{"question", "who"}, {"context", context + "oslo"}}));
      for (int i = 0; i < kRequests; ++i) {
        const auto response =
            client.post(i % 2 ? "/v2/models/a/infer" : "/v2/models/b/infer", body);
        const Json json = response.json();
        const Json* start = json.find("start");
        if (start != nullptr && start->as_integer() != nullptr && *start->as_integer() == 3 * c)
          ++right[static_cast<std::size_t>(c)];
      }
    });
  for (std::thread& client : clients) client.join();
  for (const int count : right) EXPECT_EQ(count, kRequests);
}

TEST_F(Infer, AnswersTensorsOnThePathsOfOpenInferenceAlone) {
  start();
  const std::string tensors =
      R"({"id":"1","inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,3],)"
      R"("data":[[2,6,3]]},{"name":"attention_mask","datatype":"INT64","shape":[1,3],)"
      R"("data":[[1,1,0]]}]})";
  EXPECT_EQ(post("/v2/models/qa/infer", tensors).body,
            R"({"model_name":"qa","id":"1","outputs":[{"name":"start_logits","datatype":"FP32",)"
            R"("shape":[1,3],"data":[0.0,4.0,0.0]},{"name":"end_logits","datatype":"FP32",)"
            R"("shape":[1,3],"data":[0.0,4.0,0.0]}]})");
  EXPECT_EQ(post("/predict", tensors).status, 422);
  const ClientResponse wrong =
      post("/v2/models/qa/infer", R"({"inputs":[{"name":"x","datatype":"INT64","shape":[1,1]}]})");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_NE(wrong.json().find("error")->as_string()->find("no input of this name"),
            std::string::npos);
}

}  // namespace
}  // namespace filigree::serve
