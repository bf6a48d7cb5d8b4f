#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

using std::chrono::milliseconds;

class Limits : public ServerTest {};

TEST_F(Limits, RefuseABodyByItsLengthBeforeItIsSent) {
  options_.max_body_bytes = 100;
  start();
  HttpClient client(port());
  client.send(
      "POST /predict HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n");
  const ClientResponse response = client.receive();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, R"({"detail":"the body is larger than the limit of 100 bytes"})");
}

TEST_F(Limits, RefuseInTheShapeOfThePathBeforeThereIsARequest) {
  options_.max_body_bytes = 100;
  options_.max_header_bytes = 1000;
  start();
  const auto refusal = [&](const std::string& bytes) {
    HttpClient client(port());
    client.send(bytes);
    const ClientResponse response = client.receive();
    std::string members = std::to_string(response.status);
    for (const char* name : {"error", "detail"})
      if (response.json().find(name) != nullptr) members.append(" ").append(name);
    return members;
  };
  const std::string much = " HTTP/1.1\r\nHost: t\r\nContent-Length: 101\r\n\r\n";
  EXPECT_EQ(refusal("POST /predict" + much), "413 detail");
  EXPECT_EQ(refusal("POST /v2/models/qa/infer" + much), "413 error detail");
  EXPECT_EQ(refusal("POST /v2/models" + much), "413 error");
  const std::string long_header = " HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n";
  EXPECT_EQ(refusal("GET /metrics" + long_header), "431 detail");
  EXPECT_EQ(refusal("POST /v2/models/qa/infer" + long_header), "431 error detail");
  EXPECT_EQ(refusal("GET /v2/" + std::string(2000, 'x')), "431 error");
  EXPECT_EQ(refusal("GET /v2 HTTP/1.1\r\nno colon\r\n\r\n"), "400 error");
  EXPECT_EQ(refusal("GET /predict HTTP/9\r\n\r\n"), "400 detail");
  EXPECT_EQ(refusal("no request\r\n\r\n"), "400 error");
}

TEST_F(Limits, LetAClientReadTheRefusalThatSendsAllTheSame) {
  options_.max_body_bytes = 100;
  start();
  EXPECT_EQ(post("/predict", std::string(4 << 20, 'x')).status, 413);
}

TEST_F(Limits, RefuseAChunkedBodyThatGrowsTooLarge) {
  options_.max_body_bytes = 100;
  start();
  HttpClient client(port());
  client.send("POST /predict HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("60\r\n" + std::string(0x60, ' ') + "\r\n60\r\n" + std::string(0x60, ' ') + "\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(Limits, AcceptABodyOfExactlyTheLimit) {
  options_.max_body_bytes = kQuestion.size();
  start();
  EXPECT_EQ(post("/predict", kQuestion).status, 200);
  EXPECT_EQ(post("/predict", kQuestion + " ").status, 413);
}

TEST_F(Limits, RefuseAHeaderThatIsTooLarge) {
  options_.max_header_bytes = 1000;
  start();
  HttpClient client(port());
  client.send("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n");
  const ClientResponse response = client.receive();
  EXPECT_EQ(response.status, 431);
  EXPECT_NE(response.body.find("1000 bytes"), std::string::npos) << response.body;
}

TEST_F(Limits, RefuseMoreTokensThanARequestMayHave) {
  options_.max_request_tokens = 6;
  start();
  EXPECT_EQ(post("/predict", kQuestion).status, 200);
  const ClientResponse refused =
      post("/predict", R"({"question": "who", "context": "in in oslo"})");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.body,
            R"({"detail":[{"loc":["body"],"msg":"has 7 tokens, the limit )"
            R"((max_request_tokens) is 6","type":"value_error.any_str.max_length"}]})");
  EXPECT_EQ(engine_.submitted(), 1U);
}

TEST_F(Limits, RefuseMoreTextsThanARequestMayHaveButNoWindowsOfOne) {
  options_.max_client_batch = 1;
  Config config = fake_config({"qa"});
  std::get<QuestionAnsweringOptions>(config.endpoints[0].options).sequence_length = 16;
  start(std::move(config));
  std::string context;
  for (int i = 0; i < 100; ++i) context += "in ";
  EXPECT_EQ(post("/predict", R"({"question": "who", "context": ")" + context + R"("})").status,
            200);
  const auto rows = [](int count) {
    std::string data;
    for (int i = 0; i < count; ++i) data += i == 0 ? "[2,3]" : ",[2,3]";
    return R"({"inputs":[{"name":"input_ids","datatype":"INT64","shape":[)" +
           std::to_string(count) + R"(,2],"data":[)" + data + "]}]}";
  };
  EXPECT_EQ(post("/v2/models/qa/infer", rows(1)).status, 200);
  const ClientResponse refused = post("/v2/models/qa/infer", rows(2));
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(*refused.json().find("error")->as_string(),
            "body: has 2 texts, the limit (max_client_batch) is 1");
}

TEST_F(Limits, CloseConnectionsThatStayIdle) {
  options_.idle_timeout = milliseconds(50);
  start();
  HttpClient client(port());
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Limits, TellClientsThatNeverFinishTheirRequest) {
  options_.read_timeout = milliseconds(50);
  start();
  HttpClient header(port());
  header.send("GET / HTTP/1.1\r\nHost:");
  EXPECT_EQ(header.receive().status, 408);
  EXPECT_TRUE(header.closed_by_server());
  HttpClient body(port());
  body.send("POST /predict HTTP/1.1\r\nHost: t\r\nContent-Length: 50\r\n\r\n{");
  const ClientResponse response = body.receive();
  EXPECT_EQ(response.status, 408);
  EXPECT_NE(response.body.find("limit of 50 ms"), std::string::npos) << response.body;
  EXPECT_TRUE(body.closed_by_server());
}

TEST_F(Limits, CloseConnectionsThatDoNotReadTheirResponses) {
  options_.write_timeout = milliseconds(50);
  start();
  HttpClient client(port());
  // Never reads: the answers fill what the kernel keeps for both ends, the server stops to read,
  // and sending waits until the connection is closed.
  const std::string request = "GET /app.js HTTP/1.1\r\nHost: t\r\n\r\n";
  std::string many;
  for (int i = 0; i < 1000; ++i) many += request;
  constexpr int kMoreThanBuffersHold = 10'000;
  int sent = 0;
  while (sent < kMoreThanBuffersHold && client.send(many)) ++sent;
  EXPECT_LT(sent, kMoreThanBuffersHold);
  EXPECT_EQ(get("/v2/health/live").status, 200);
}

TEST_F(Limits, TellFurtherConnectionsThatThereAreTooMany) {
  options_.max_connections = 1;
  start();
  HttpClient first(port());
  EXPECT_EQ(first.get("/v2/health/live").status, 200);
  HttpClient second(port());
  const ClientResponse refused = second.receive();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_NE(refused.body.find("limit of 1 connections"), std::string::npos) << refused.body;
  EXPECT_TRUE(second.closed_by_server());
  EXPECT_EQ(first.get("/v2/health/live").status, 200);
}

TEST_F(Limits, ServeConnectionsAgainWhenOthersHaveClosed) {
  options_.max_connections = 1;
  start();
  HttpClient(port()).get("/v2/health/live");
  int status = 503;
  for (int tries = 0; status == 503 && tries < 10'000; ++tries)
    status = get("/v2/health/live").status;
  EXPECT_EQ(status, 200);
}

}  // namespace
}  // namespace filigree::serve
