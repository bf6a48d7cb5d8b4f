#include "serve/config/endpoint_edit.h"

#include "tests/serve/config_support.h"

namespace filigree::serve {
namespace {

class EndpointEdit : public ConfigTest {
 protected:
  Config config() const {
    return parse(
        "endpoints:\n  - {task: qa, model: m, name: a, route: /r/a}\n"
        "  - {task: qa, model: m, name: b}\n");
  }
  static Json json_of(const std::string& text) { return std::get<Json>(parse_json(text)); }

  // The message of the ConfigError, or "accepted".
  std::string refusal(const std::string& endpoint) const {
    try {
      with_endpoint(config(), json_of(endpoint), models_.path());
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  }
};

TEST_F(EndpointEdit, AddsAnEndpointWhoseModelIsSeenFromTheRoot) {
  const Config edited = with_endpoint(
      config(), json_of(R"({"task":"qa","model":"m","name":"c","kwargs":{"doc_stride":32}})"),
      models_.path());
  ASSERT_EQ(edited.endpoints.size(), 3U);
  EXPECT_EQ(edited.endpoints[2].name, "c");
  EXPECT_EQ(edited.endpoints[2].model_path, models_.path() / "m");
  EXPECT_EQ(std::get<QuestionAnsweringOptions>(edited.endpoints[2].options).doc_stride, 32U);
  EXPECT_TRUE(edited.endpoints[2].added);
  EXPECT_FALSE(edited.endpoints[0].added);
  EXPECT_EQ(edited.search.models.size(), 0U);
}

TEST_F(EndpointEdit, TakesTheWholeOfDeepSparsesObject) {
  EXPECT_EQ(refusal(R"({"name":null,"route":"/c","task":"question_answering","model":"m",)"
                    R"("batch_size":1,"logging_config":{"enable":true},"data_logging":null,)"
                    R"("bucketing":null,"middlewares":null,"kwargs":{}})"),
            "accepted");
}

TEST_F(EndpointEdit, TakesWholeNumbersHoweverJsonWritesThem) {
  const Config edited = with_endpoint(
      config(), json_of(R"({"task":"qa","model":"m","weight":2.0,"kwargs":{"doc_stride":3.2e1}})"),
      models_.path());
  EXPECT_EQ(edited.endpoints[2].weight, 2U);
  EXPECT_EQ(std::get<QuestionAnsweringOptions>(edited.endpoints[2].options).doc_stride, 32U);
  EXPECT_NE(refusal(R"({"task":"qa","model":"m","weight":2.5})"), "accepted");
}

TEST_F(EndpointEdit, NamesAnEndpointByTheNumberOfEndpoints) {
  Config edited = with_endpoint(config(), json_of(R"({"task":"qa","model":"m"})"), models_.path());
  EXPECT_EQ(edited.endpoints[2].name, "endpoint-2");
  edited.endpoints.erase(edited.endpoints.begin());
  edited = with_endpoint(edited, json_of(R"({"task":"qa","model":"m"})"), models_.path());
  EXPECT_EQ(edited.endpoints[2].name, "endpoint-3");
}

TEST_F(EndpointEdit, RefusesNamesAndRoutesThatAreTaken) {
  EXPECT_EQ(refusal(R"({"task":"qa","model":"m","name":"a"})"),
            "body:1: name 'a' is already used by another endpoint");
  EXPECT_EQ(refusal(R"({"task":"qa","model":"m","route":"r/a"})"),
            "body:1: route '/r/a' is already used by another endpoint");
}

TEST_F(EndpointEdit, RefusesModelsOutsideTheRoot) {
  const ModelFolder elsewhere;
  std::filesystem::create_directory_symlink(elsewhere.path() / "m", models_.path() / "link");
  for (const std::string& model : {(elsewhere.path() / "m").string(), std::string("link"),
                                   "../" + elsewhere.path().filename().string() + "/m"})
    EXPECT_EQ(refusal(R"({"task":"qa","model":")" + model + "\"}"),
              "body: model '" + model + "' is not in the folder of --model-root");
  for (const std::string& model : {std::string("nowhere"), std::string("/etc")})
    EXPECT_EQ(refusal(R"({"task":"qa","model":")" + model + "\"}"),
              "body:1: model '" + model +
                  "' is neither a folder with model.onnx nor a file; looked at " +
                  (models_.path() / model).string());
  EXPECT_EQ(refusal(R"({"task":"qa","model":")" + (models_.path() / "m").string() + "\"}"),
            "accepted");
}

TEST_F(EndpointEdit, RefusesNamesThatAreNoText) {
  EXPECT_EQ(refusal(R"({"task":"qa","model":"m","route":false})"),
            "body: 'route' is false, expected text");
  EXPECT_EQ(refusal(R"({"task":"qa","model":7})"), "body: 'model' is 7, expected text");
  EXPECT_EQ(refusal(R"({"task":"qa","model":"m","name":null,"route":null})"), "accepted");
  EXPECT_THROW(without_endpoint(config(), json_of(R"({"name":"a","route":false})")), ConfigError);
  EXPECT_EQ(without_endpoint(config(), json_of(R"({"name":"a","route":null})")).endpoints.size(),
            1U);
}

TEST_F(EndpointEdit, RefusesWhatIsNoEndpoint) {
  EXPECT_EQ(refusal("[]"), "body:1: endpoint is sequence, expected a map of keys and values");
  EXPECT_EQ(refusal(R"({"model":"m"})"), "body:1: endpoint has no 'task'");
  EXPECT_EQ(refusal(R"({"task":"qa","modle":"m"})"),
            "body:1: endpoint has the unknown key 'modle'; did you mean 'model'");
  EXPECT_EQ(refusal(R"({"task":"qa","task":"qa","model":"m"})"),
            "body: the key 'task' stands twice");
}

TEST_F(EndpointEdit, RemovesByRouteByPathAndByName) {
  for (const std::string body :
       {R"({"route":"/r/a"})", R"({"route":"r/a/"})", R"({"route":"/v2/models/r/a/infer"})",
        R"({"route":"/v2/models/a"})", R"({"name":"a","task":"qa","model":"m"})"}) {
    const Config edited = without_endpoint(config(), json_of(body));
    ASSERT_EQ(edited.endpoints.size(), 1U) << body;
    EXPECT_EQ(edited.endpoints[0].name, "b") << body;
  }
  EXPECT_THROW(without_endpoint(config(), json_of(R"({"route":"/r"})")), NoSuchEndpoint);
  EXPECT_THROW(without_endpoint(config(), json_of(R"({"name":"c"})")), NoSuchEndpoint);
  EXPECT_THROW(without_endpoint(config(), json_of(R"({"task":"qa"})")), ConfigError);
}

TEST_F(EndpointEdit, WarnsAboutASchedulerThatTheEngineDoesNotHave) {
  const Config edited =
      with_endpoint(config(), json_of(R"({"task":"qa","model":"m","kwargs":{"scheduler":"sync"}})"),
                    models_.path());
  ASSERT_EQ(edited.warnings.size(), 1U);
  EXPECT_EQ(edited.warnings[0],
            "body:1: scheduler is 'single_stream', which has no effect: all endpoints share one "
            "engine, and the server's default is 'elastic'");
}

}  // namespace
}  // namespace filigree::serve
