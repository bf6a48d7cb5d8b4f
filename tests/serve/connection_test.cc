#include <array>
#include <cstdio>

#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

class Connection : public ServerTest {};

TEST_F(Connection, IsKeptForMoreRequests) {
  start();
  HttpClient client(port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.post("/predict", kQuestion).body, kAnswer);
}

TEST_F(Connection, AnswersPipelinedRequestsInOrder) {
  start();
  HttpClient client(port());
  client.send(post_text("/predict", kQuestion) + "GET /v2/health/live HTTP/1.1\r\nHost: t\r\n\r\n" +
              post_text("/predict", "{") + post_text("/predict", kQuestion));
  EXPECT_EQ(client.receive().body, kAnswer);
  EXPECT_EQ(client.receive().body, R"({"status":"OK"})");
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_EQ(client.receive().body, kAnswer);
}

TEST_F(Connection, ClosesWhenAskedTo) {
  start();
  HttpClient client(port());
  client.send("GET /v2/health/live HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.receive().headers.at("connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Connection, OfHttp10ClosesUnlessAskedToStay) {
  start();
  HttpClient once(port());
  once.send("GET /v2/health/live HTTP/1.0\r\n\r\n");
  EXPECT_EQ(once.receive().status, 200);
  EXPECT_TRUE(once.closed_by_server());
  HttpClient twice(port());
  twice.send("GET /v2/health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(twice.receive().headers.at("connection"), "keep-alive");
  twice.send("GET /v2/health/live HTTP/1.0\r\n\r\n");
  EXPECT_EQ(twice.receive().status, 200);
}

TEST_F(Connection, OfHttp10GetsAnAnswerOfHttp10) {
  start();
  HttpClient client(port());
  client.send("HEAD /v2/health/live HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.receive_line(), "HTTP/1.0 200 OK");
}

TEST_F(Connection, InvitesABodyThatWaitsForIt) {
  start();
  HttpClient client(port());
  client.send("POST /predict HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: " +
              std::to_string(kQuestion.size()) + "\r\n\r\n");
  EXPECT_EQ(client.receive_line(), "HTTP/1.1 100 Continue");
  EXPECT_EQ(client.receive_line(), "");
  client.send(kQuestion);
  EXPECT_EQ(client.receive().body, kAnswer);
}

TEST_F(Connection, InvitesNoBodyThatHasCome) {
  start();
  HttpClient client(port());
  client.send("POST /predict HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: " +
              std::to_string(kQuestion.size()) + "\r\n\r\n" + kQuestion);
  EXPECT_EQ(client.receive().body, kAnswer);
}

TEST_F(Connection, RefusesAnExpectationItCannotMeet) {
  start();
  HttpClient client(port());
  client.send("POST /predict HTTP/1.1\r\nHost: t\r\nExpect: tea\r\nContent-Length: 9\r\n\r\n");
  const ClientResponse response = client.receive();
  EXPECT_EQ(response.status, 417);
  EXPECT_EQ(response.headers.at("connection"), "close");
}

TEST_F(Connection, ReadsChunkedBodies) {
  start();
  HttpClient client(port());
  const std::string chunked =
      "POST /predict HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::size_t half = kQuestion.size() / 2;
  std::array<char, 20> first{}, second{};
  std::snprintf(first.data(), first.size(), "%zx", half);
  std::snprintf(second.data(), second.size(), "%zX", kQuestion.size() - half);
  client.send(chunked + first.data() + ";name=value\r\n" + kQuestion.substr(0, half) + "\r\n" +
              second.data() + "\r\n" + kQuestion.substr(half) + "\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(client.receive().body, kAnswer);
  client.send(chunked + "3\r\n{}\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400);
}

TEST_F(Connection, RefusesBodiesOfAmbiguousLength) {
  start();
  // What two servers read differently lets a client hide a request from the first one.
  for (const std::string fields :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Content-Length: 3, 4\r\n"}) {
    HttpClient client(port());
    client.send("POST /predict HTTP/1.1\r\nHost: t\r\n" + fields + "\r\n0\r\n\r\n");
    EXPECT_EQ(client.receive().status, 400) << fields;
    EXPECT_TRUE(client.closed_by_server()) << fields;
  }
}

TEST_F(Connection, AnswersARequestThatComesByteByByte) {
  start();
  HttpClient client(port());
  for (const char byte : post_text("/predict", kQuestion)) client.send({&byte, 1});
  EXPECT_EQ(client.receive().body, kAnswer);
}

TEST_F(Connection, RefusesWhatIsNotHttp) {
  start();
  for (const std::string text :
       {"hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
    HttpClient client(port());
    client.send(text);
    const ClientResponse response = client.receive();
    EXPECT_EQ(response.status, 400) << text;
    const Json json = response.json();
    EXPECT_TRUE(json.find("error") != nullptr || json.find("detail") != nullptr) << text;
    EXPECT_TRUE(client.closed_by_server()) << text;
  }
}

TEST_F(Connection, SurvivesClientsThatLeaveAnywhereInARequest) {
  start();
  const std::string request = post_text("/predict", kQuestion);
  for (std::size_t cut = 0; cut < request.size(); cut += 7) {
    HttpClient client(port());
    client.send(request.substr(0, cut));
    if (cut % 2 == 0) client.reset();
  }
  EXPECT_EQ(post("/predict", kQuestion).body, kAnswer);
}

TEST_F(Connection, CancelsTheRequestOfAClientThatLeaves) {
  start();
  engine_.hold_answers();
  HttpClient leaving(port());
  leaving.send(post_text("/predict", kQuestion));
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  leaving.close();
  EXPECT_TRUE(engine_.wait_for_cancel());
  engine_.release_answers();
  EXPECT_EQ(post("/predict", kQuestion).body, kAnswer);
  EXPECT_TRUE(metrics_will_have(R"(filigree_requests_total{endpoint="qa",code="499"} 1)"));
}

TEST_F(Connection, CancelsTheRequestOfAClientThatResets) {
  start();
  engine_.hold_answers();
  HttpClient leaving(port());
  leaving.send(post_text("/predict", kQuestion));
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  leaving.reset();
  EXPECT_TRUE(engine_.wait_for_cancel());
  engine_.release_answers();
}

TEST_F(Connection, OfOthersIsAnsweredWhileOneWaitsForTheModel) {
  start();
  engine_.hold_answers();
  HttpClient waiting(port());
  waiting.send(post_text("/predict", kQuestion));
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  EXPECT_EQ(get("/v2/health/ready").status, 200);
  EXPECT_NE(get("/metrics").body.find("filigree_requests_in_flight 1\n"), std::string::npos);
  engine_.release_answers();
  EXPECT_EQ(waiting.receive().body, kAnswer);
}

}  // namespace
}  // namespace filigree::serve
