#include <future>

#include "tests/serve/config_support.h"
#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

class EndpointRequestsTest : public ServerTest {
 protected:
  EndpointRequestsTest() {
    options_.admin = true;
    options_.model_root = models_.path();
  }

  ClientResponse remove(const std::string& body) const {
    HttpClient client(port());
    client.send("DELETE /endpoints HTTP/1.1\r\nHost: t\r\ncontent-length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.receive();
  }
  std::size_t endpoints() const {
    return get("/v2/models").json().find("models")->as_array()->size();
  }

  ModelFolder models_;
  const std::string added_ = R"({"task":"qa","model":"m","name":"fresh","route":"/fresh"})";
};

TEST_F(EndpointRequestsTest, ServeWhatIsAddedAndForgetWhatIsRemoved) {
  start();
  EXPECT_EQ(post("/fresh", kQuestion).status, 404);
  const ClientResponse added = post("/endpoints", added_);
  EXPECT_EQ(added.status, 200) << added.body;
  EXPECT_EQ(added.body, "true");
  EXPECT_EQ(post("/fresh", kQuestion).body, kAnswer);
  EXPECT_EQ(post("/v2/models/fresh/infer", kQuestion).body, kAnswer);
  EXPECT_EQ(get("/v2/models/fresh").status, 200);
  EXPECT_EQ(endpoints(), 2U);
  EXPECT_EQ(remove(R"({"route":"/fresh"})").body, "true");
  for (const std::string path : {"/fresh", "/v2/models/fresh/infer"})
    EXPECT_EQ(post(path, kQuestion).status, 404) << path;
  EXPECT_EQ(get("/v2/models/fresh").status, 404);
  EXPECT_EQ(remove(R"({"route":"/fresh"})").status, 404);
  EXPECT_EQ(endpoints(), 1U);
}

TEST_F(EndpointRequestsTest, DoNotLoadAgainWhatIsLoaded) {
  start();
  EXPECT_EQ(engine_.loads(), 1U);
  EXPECT_EQ(post("/endpoints", added_).status, 200);
  EXPECT_EQ(engine_.loads(), 2U);
  EXPECT_EQ(post("/endpoints", R"({"task":"qa","model":"m","name":"again"})").status, 200);
  EXPECT_EQ(engine_.loads(), 2U);
  std::ofstream(models_.path() / "m" / "model.onnx") << "another size";
  EXPECT_EQ(post("/endpoints", R"({"task":"qa","model":"m","name":"third"})").status, 200);
  EXPECT_EQ(engine_.loads(), 3U);
}

TEST_F(EndpointRequestsTest, ChangeNothingWhenTheModelCannotBeServed) {
  engine_.fail_model(models_.path() / "m", "offset 3: broken");
  start();
  const ClientResponse response = post("/endpoints", added_);
  EXPECT_EQ(response.status, 422);
  EXPECT_NE(response.body.find("endpoint 'fresh' cannot be served: offset 3: broken"),
            std::string::npos)
      << response.body;
  EXPECT_EQ(endpoints(), 1U);
  EXPECT_EQ(get("/metrics").body.find("fresh"), std::string::npos);
}

TEST_F(EndpointRequestsTest, ChangeEndpointsBesideOneThatFailed) {
  engine_.fail_model("bad", "broken");
  start(fake_config({"bad"}));
  EXPECT_EQ(post("/endpoints", added_).status, 200);
  EXPECT_EQ(post("/fresh", kQuestion).body, kAnswer);
}

TEST_F(EndpointRequestsTest, AnswerWhatHasBegunWhenItsEndpointIsRemoved) {
  start();
  engine_.hold_answers();
  auto answer = std::async(std::launch::async, [&] { return post("/predict", kQuestion); });
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  EXPECT_EQ(remove(R"({"name":"qa"})").body, "true");
  EXPECT_EQ(post("/predict", kQuestion).status, 404);
  engine_.release_answers();
  EXPECT_EQ(answer.get().body, kAnswer);
}

TEST_F(EndpointRequestsTest, TellWhatIsWrongWithTheBody) {
  start();
  const ClientResponse text = post("/endpoints", "{");
  EXPECT_EQ(text.status, 400);
  EXPECT_NE(text.json().find("detail")->as_string()->find("not JSON"), std::string::npos);
  const ClientResponse fields = post("/endpoints", R"({"task":"qa"})");
  EXPECT_EQ(fields.status, 422);
  EXPECT_EQ(fields.body, R"({"detail":[{"loc":["body"],"msg":"body:1: endpoint has no 'model'",)"
                         R"("type":"value_error"}]})");
  // POST is free at /v2 and taken at /endpoints.
  EXPECT_EQ(post("/endpoints", R"({"task":"qa","model":"m","name":"x","route":"/v2"})").status,
            200);
  EXPECT_EQ(
      post("/endpoints", R"({"task":"qa","model":"m","name":"y","route":"/endpoints"})").status,
      409);
  EXPECT_EQ(endpoints(), 2U);
}

TEST_F(EndpointRequestsTest, ConflictWithTheNameOrRouteOfAnother) {
  start();
  ASSERT_EQ(post("/endpoints", added_).status, 200);
  const ClientResponse name = post("/endpoints", R"({"task":"qa","model":"m","name":"fresh"})");
  EXPECT_EQ(name.status, 409);
  EXPECT_EQ(*name.json().find("detail")->as_string(),
            "body:1: name 'fresh' is already used by another endpoint");
  EXPECT_EQ(post("/endpoints", R"({"task":"qa","model":"m","name":"x","route":"fresh"})").status,
            409);
  EXPECT_EQ(endpoints(), 2U);
}

TEST_F(EndpointRequestsTest, RepeatOfAnUnknownNameOrRouteOnlyTheBeginning) {
  start();
  const std::string name(100'000, 'n');
  EXPECT_EQ(remove(R"({"name":")" + name + "\"}").body,
            R"({"detail":"no endpoint has the name ')" + name.substr(0, 120) + "...'\"}");
  const ClientResponse route = remove(R"({"route":")" + name + "\"}");
  EXPECT_EQ(route.status, 404);
  EXPECT_LT(route.body.size(), 200U);
  const ClientResponse model =
      post("/endpoints", R"({"task":"qa","name":"x","model":")" + name + "\"}");
  EXPECT_EQ(model.status, 422);
  EXPECT_LT(model.body.size(), 2200U);
}

TEST_F(EndpointRequestsTest, NeedTheServersPermission) {
  options_.admin = false;
  start();
  const ClientResponse added = post("/endpoints", added_);
  EXPECT_EQ(added.status, 403);
  EXPECT_NE(added.json().find("detail")->as_string()->find("--admin"), std::string::npos);
  EXPECT_EQ(remove(R"({"name":"qa"})").status, 403);
  EXPECT_EQ(endpoints(), 1U);
}

TEST_F(EndpointRequestsTest, AddNothingWithoutAModelRoot) {
  options_.model_root.clear();
  start();
  const ClientResponse added = post("/endpoints", added_);
  EXPECT_EQ(added.status, 403);
  EXPECT_NE(added.json().find("detail")->as_string()->find("--model-root"), std::string::npos);
  EXPECT_EQ(remove(R"({"name":"qa"})").status, 200);
}

}  // namespace
}  // namespace filigree::serve
