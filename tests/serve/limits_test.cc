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
  EXPECT_EQ(*response.json().find("error")->as_string(),
            "the body is larger than the limit of 100 bytes");
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

TEST_F(Limits, CloseConnectionsThatStayIdle) {
  options_.idle_timeout = milliseconds(50);
  start();
  HttpClient client(port());
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Limits, CloseConnectionsThatNeverFinishTheirRequest) {
  options_.read_timeout = milliseconds(50);
  start();
  HttpClient header(port());
  header.send("GET / HTTP/1.1\r\nHost:");
  EXPECT_TRUE(header.closed_by_server());
  HttpClient body(port());
  body.send("POST /predict HTTP/1.1\r\nHost: t\r\nContent-Length: 50\r\n\r\n{");
  EXPECT_TRUE(body.closed_by_server());
}

TEST_F(Limits, LetFurtherConnectionsWaitUntilOneCloses) {
  options_.max_connections = 1;
  start();
  HttpClient first(port());
  EXPECT_EQ(first.get("/v2/health/live").status, 200);
  HttpClient second(port());
  second.send("GET /v2/health/live HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(first.get("/v2/health/live").status, 200);
  first.close();
  EXPECT_EQ(second.receive().status, 200);
}

}  // namespace
}  // namespace filigree::serve
