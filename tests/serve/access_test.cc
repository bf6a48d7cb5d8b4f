// Who may ask: API keys and pages of other origins.
#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

class Access : public ServerTest {
 protected:
  ClientResponse ask(const std::string& line, const std::string& fields,
                     const std::string& body = {}) const {
    HttpClient client(port());
    client.send(line + " HTTP/1.1\r\nHost: t\r\n" + fields +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.receive();
  }

  static bool has(const ClientResponse& response, const std::string& header) {
    return response.headers.contains(header);
  }
};

TEST_F(Access, NeedsTheKeyForEverythingThatShowsOrUsesModels) {
  options_.api_keys = {"k3y"};
  start();
  for (const std::string line : {"POST /predict", "GET /v2", "GET /v2/models", "GET /v2/models/qa",
                                 "GET /config", "GET /nothing", "OPTIONS /predict"}) {
    const ClientResponse refused = ask(line, "", kQuestion);
    EXPECT_EQ(refused.status, 401) << line;
    EXPECT_EQ(refused.headers.at("www-authenticate"), "Bearer") << line;
    EXPECT_EQ(ask(line, "Authorization: Bearer wrong\r\n", kQuestion).status, 401) << line;
    EXPECT_NE(ask(line, "Authorization: Bearer k3y\r\n", kQuestion).status, 401) << line;
  }
  EXPECT_EQ(ask("POST /predict", "authorization: bearer k3y\r\n", kQuestion).body, kAnswer);
}

TEST_F(Access, NeedsNoKeyForHealthMetricsAndThePage) {
  options_.api_keys = {"k3y"};
  start();
  for (const char* path :
       {"/v2/health/live", "/v2/health/ready", "/v2/models/qa/ready", "/metrics", "/", "/app.js"})
    EXPECT_EQ(get(path).status, 200) << path;
}

TEST_F(Access, CountsRefusals) {
  options_.api_keys = {"k3y"};
  start();
  EXPECT_EQ(post("/predict", kQuestion).status, 401);
  EXPECT_NE(get("/metrics").body.find(R"(filigree_requests_total{endpoint="",code="401"} 1)"),
            std::string::npos);
}

TEST_F(Access, SaysNothingAboutOriginsUnlessAsked) {
  start();
  const ClientResponse response = ask("GET /v2", "Origin: https://a.example\r\n");
  EXPECT_FALSE(has(response, "access-control-allow-origin"));
  EXPECT_FALSE(has(response, "vary"));
  EXPECT_EQ(ask("OPTIONS /predict",
                "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n")
                .status,
            405);
}

TEST_F(Access, LetsPagesOfTheListedOriginsReadAnswersAndErrors) {
  options_.cors_origins = {"https://a.example", "https://b.example"};
  options_.max_body_bytes = 100;
  start();
  const std::string origin = "Origin: https://b.example\r\n";
  for (const ClientResponse& response :
       {ask("POST /predict", origin, kQuestion), ask("POST /predict", origin, "{"),
        ask("GET /nothing", origin), ask("POST /predict", origin, std::string(101, ' '))}) {
    EXPECT_EQ(response.headers.at("access-control-allow-origin"), "https://b.example");
    EXPECT_EQ(response.headers.at("vary"), "Origin");
    EXPECT_NE(response.headers.at("access-control-expose-headers").find("x-total-time"),
              std::string::npos);
  }
  const ClientResponse other = ask("GET /v2", "Origin: https://c.example\r\n");
  EXPECT_FALSE(has(other, "access-control-allow-origin"));
  EXPECT_EQ(other.headers.at("vary"), "Origin");
}

TEST_F(Access, AnswersPreflightRequestsWithoutAKey) {
  options_.cors_origins = {"*"};
  options_.api_keys = {"k3y"};
  start();
  const ClientResponse response =
      ask("OPTIONS /predict",
          "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n"
          "Access-Control-Request-Headers: authorization, content-type\r\n");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.at("access-control-allow-origin"), "*");
  EXPECT_EQ(response.headers.at("access-control-allow-headers"), "authorization, content-type");
  EXPECT_NE(response.headers.at("access-control-allow-methods").find("POST"), std::string::npos);
  EXPECT_FALSE(has(response, "content-length"));
  EXPECT_EQ(ask("OPTIONS /predict", "Origin: https://a.example\r\n").status, 401);
}

TEST_F(Access, RefusesPreflightRequestsOfOtherOrigins) {
  options_.cors_origins = {"https://a.example"};
  start();
  const ClientResponse response = ask(
      "OPTIONS /predict", "Origin: https://c.example\r\nAccess-Control-Request-Method: POST\r\n");
  EXPECT_EQ(response.status, 403);
  EXPECT_FALSE(has(response, "access-control-allow-origin"));
}

}  // namespace
}  // namespace filigree::serve
