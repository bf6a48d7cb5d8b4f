// What GET /openapi.json promises is what the server does: every path is in it, every example is
// answered, and every answer has the shape that it says.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "serve/http/page.h"
#include "serve/http/router.h"
#include "serve/http/server.h"
#include "serve/log.h"
#include "tests/serve/bag_of_words.h"
#include "tests/serve/config_support.h"
#include "tests/serve/http_client.h"
#include "tests/serve/json_schema.h"

namespace filigree::serve {
namespace {

using LoadedModels = std::map<std::string, std::shared_ptr<const loader::Model>>;

class OpenApi : public testing::Test {
 protected:
  OpenApi() : engine_({.cores = 2, .streams = 1, .isa = {}}) {
    set_log_level(LogLevel::kError);
    options_.host = "127.0.0.1";
    options_.port = 0;
    options_.admin = true;
    options_.model_root = folder_.path();
  }

  void add(const std::string& name, TaskOptions options, const std::string& model) {
    EndpointConfig endpoint;
    endpoint.name = name;
    endpoint.model = model;
    endpoint.model_path = folder_.path() / model;
    std::filesystem::create_directory(endpoint.model_path);
    std::ofstream(endpoint.model_path / "model.onnx") << "x";
    endpoint.options = std::move(options);
    config_.endpoints.push_back(std::move(endpoint));
  }

  // One endpoint for each task, and one whose labels are its own.
  void add_all() {
    add("qa", QuestionAnsweringOptions{}, "questions");
    add("classes", TextClassificationOptions{}, "sum");
    add("ranks", TextClassificationOptions{.top_k = 3}, "sum");
    add("tokens", TokenClassificationOptions{.ignore_labels = {"A"}}, "token");
    add("zero", ZeroShotOptions{.entailment_index = 1}, "sum");
    ZeroShotOptions own{.entailment_index = 1};
    own.labels = {"good", "bad"};
    add("own labels", own, "sum");
    add("hidden", EmbeddingOptions{.layer = std::nullopt}, "token");
    config_.endpoints[1].route = "/sentiment";
  }

  void start() {
    Backend backend = engine_backend(engine_);
    backend.load_model = [this](const std::filesystem::path& path, const loader::LoadOptions&) {
      return models_.at(path.filename().string());
    };
    backend.load_tokenizer = [](const std::filesystem::path&) { return words_tokenizer(); };
    backend.load_config = [](const std::filesystem::path&) {
      return ModelConfig{.file = "config.json", .labels = {"A", "B", "C"}, .multi_label = false};
    };
    server_ = std::make_unique<Server>(config_, options_, std::move(backend));
    server_->start();
    ASSERT_TRUE(server_->wait_until_loaded(std::chrono::seconds(60)));
    document_ = ask("GET", "/openapi.json").json();
    ASSERT_TRUE(document_.is_object());
  }

  ClientResponse ask(const std::string& method, const std::string& path,
                     const std::string& body = {}, const std::string& fields = {}) const {
    HttpClient client(server_->port());
    client.send(method + " " + path + " HTTP/1.1\r\nHost: t\r\n" + fields +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.receive();
  }

  using Visit =
      std::function<void(const std::string& method, const std::string& path, const Json& json)>;
  void for_each_operation(const Visit& visit) const {
    for (const auto& [path, methods] : *document_.find("paths")->as_object())
      for (const auto& [method, operation] : *methods.as_object()) {
        std::string upper = method;
        for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
        visit(upper, path, operation);
      }
  }

  void expect_promised(const Json& operation, const ClientResponse& response) const {
    const Json* promised = operation.find("responses")->find(std::to_string(response.status));
    ASSERT_NE(promised, nullptr) << response.status << ": " << response.body;
    if (const Json* reference = promised->find("$ref"))
      promised = referred(document_, *reference->as_string());
    const std::string type = response.headers.at("content-type")
                                 .substr(0, response.headers.at("content-type").find(';'));
    const Json* media = promised->find("content")->find(type);
    ASSERT_NE(media, nullptr) << type;
    const Json body = type == "application/json" ? response.json() : Json(response.body);
    EXPECT_EQ(schema_errors(document_, *media->find("schema"), body), "");
  }

  ModelFolder folder_;
  const LoadedModels models_ = {
      {"sum", bag_of_words(Bag::kSum, {{4, {0, 30, 0}}, {5, {0, 0, 30}}, {3, {1, 0, 0}}})},
      {"token", bag_of_words(Bag::kToken, {{4, {0, 30, 0}}, {5, {0, 0, 30}}, {3, {30, 0, 0}}})},
      {"questions", bag_of_words(Bag::kQuestions, {{10, {4, 4}}})}};
  runtime::Engine engine_;
  Config config_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
  Json document_;
};

TEST_F(OpenApi, HasEveryRouteAndNoOther) {
  add_all();
  config_.integration = Integration::kSagemaker;
  const Router router(config_.endpoints, page_files(), config_.integration);
  std::set<std::string> routes;
  for (const Route& route : router.routes()) {
    std::string path = route.path;
    if (const auto space = path.find(' '); space != std::string::npos)
      path.replace(space, 1, "%20");
    routes.insert(route.method + " " + path);
  }
  start();
  std::set<std::string> described;
  for_each_operation([&](const std::string& method, const std::string& path, const Json&) {
    described.insert(method + " " + path);
  });
  EXPECT_EQ(described, routes);
}

void expect_references_resolve(const Json& document, const Json& part) {
  if (const auto* list = part.as_array())
    for (const Json& item : *list) expect_references_resolve(document, item);
  if (!part.is_object()) return;
  for (const auto& [name, member] : *part.as_object()) {
    if (name == "$ref") {
      EXPECT_NE(referred(document, *member.as_string()), nullptr) << to_text(member);
    }
    expect_references_resolve(document, member);
  }
}

TEST_F(OpenApi, ListsEachGroupOfPathsTheEndpointsInTheirOrderFirst) {
  add("zero", ZeroShotOptions{.entailment_index = 1}, "sum");
  add("page", QuestionAnsweringOptions{}, "questions");
  add("classes", TextClassificationOptions{}, "sum");
  start();
  EXPECT_EQ(to_text(*document_.find("tags")),
            R"([{"name":"zero"},{"name":"page"},{"name":"classes"},{"name":"server"},)"
            R"({"name":"endpoints"}])");
}

TEST_F(OpenApi, RefersToNothingOutsideOfItself) {
  add_all();
  start();
  expect_references_resolve(document_, document_);
}

TEST_F(OpenApi, NamesEachSchemaOnce) {
  add_all();
  start();
  std::set<std::string> names;
  for (const auto& [name, schema] : *referred(document_, "#/components/schemas")->as_object())
    EXPECT_TRUE(names.insert(name).second) << name;
}

TEST_F(OpenApi, HasExamplesThatTheServerAnswersAsItSays) {
  add_all();
  config_.integration = Integration::kSagemaker;
  start();
  std::size_t examples = 0;
  const auto ask_example = [&](const std::string& method, const std::string& path,
                               const Json& operation) {
    const Json* body = operation.find("requestBody");
    if (body == nullptr) return;
    const Json* media = body->find("content")->find("application/json");
    ASSERT_FALSE(media->find("examples")->as_object()->empty());
    for (const auto& [name, example] : *media->find("examples")->as_object()) {
      SCOPED_TRACE(method + " " + path + " " + name);
      const Json& value = *example.find("value");
      EXPECT_EQ(schema_errors(document_, *media->find("schema"), value), "");
      const ClientResponse response = ask(method, path, to_text(value));
      EXPECT_EQ(response.status, 200) << response.body;
      expect_promised(operation, response);
      ++examples;
    }
  };
  // What is added is removed afterwards.
  for (const char* wanted : {"POST", "DELETE"})
    for_each_operation([&](const std::string& method, const std::string& path, const Json& json) {
      if (method == wanted) ask_example(method, path, json);
    });
  // 7 endpoints and a route: /v2 (text, tensors), benchmark; /sentiment; SageMaker; /endpoints.
  EXPECT_EQ(examples, 8U * 2 + 8 + 1 + 7 + 2);
}

TEST_F(OpenApi, DescribesEveryAnswerToGet) {
  add_all();
  start();
  for_each_operation([&](const std::string& method, const std::string& path, const Json& json) {
    if (method != "GET") return;
    SCOPED_TRACE(path);
    const ClientResponse response = ask(method, path);
    EXPECT_EQ(response.status, 200);
    expect_promised(json, response);
  });
}

TEST_F(OpenApi, DescribesRefusals) {
  add_all();
  options_.admin = false;
  start();
  for_each_operation([&](const std::string& method, const std::string& path, const Json& json) {
    if (method == "GET") return;
    SCOPED_TRACE(path);
    std::vector<std::string> bodies = {"{", "7"};
    // A benchmark takes all members for granted, and runs.
    if (!path.ends_with("/benchmark"))
      bodies.insert(bodies.end(), {"{}", R"({"inputs": [{"name":1,"shape":2,"datatype":3}]})"});
    for (const std::string& body : bodies) expect_promised(json, ask(method, path, body));
  });
}

TEST_F(OpenApi, DescribesServersThatAreNotReady) {
  add("qa", QuestionAnsweringOptions{}, "sum");  // has no start and end logits
  start();
  for_each_operation([&](const std::string& method, const std::string& path, const Json& json) {
    if (method == "DELETE" || path == "/endpoints") return;
    SCOPED_TRACE(path);
    expect_promised(json, ask(method, path, method == "POST" ? "{}" : ""));
  });
  EXPECT_EQ(ask("GET", "/ping").body, "false");
}

TEST_F(OpenApi, SaysWhatNeedsTheApiKey) {
  add("qa", QuestionAnsweringOptions{}, "questions");
  start();
  for_each_operation([&](const std::string&, const std::string& path, const Json& json) {
    EXPECT_EQ(json.find("security"), nullptr) << path;
  });
  server_.reset();
  options_.api_keys = {"k3y"};
  start();
  EXPECT_EQ(ask("GET", "/openapi.json").status, 401);
}

TEST_F(OpenApi, MarksExactlyWhatIsRefusedWithoutTheKey) {
  add("qa", QuestionAnsweringOptions{}, "questions");
  options_.api_keys = {"k3y"};
  start();
  document_ = ask("GET", "/openapi.json", "", "Authorization: Bearer k3y\r\n").json();
  std::size_t marked = 0;
  for_each_operation([&](const std::string& method, const std::string& path, const Json& json) {
    const ClientResponse response = ask(method, path, "{");
    EXPECT_EQ(response.status == 401, json.find("security") != nullptr) << path;
    if (response.status != 401) return;
    expect_promised(json, response);
    ++marked;
  });
  EXPECT_GT(marked, 0U);
}

TEST(JsonSchema, FindsWhatIsWrong) {
  const Json document = std::get<Json>(parse_json(R"({"a": {"type": "string"}})"));
  const auto errors = [&](const char* schema, const char* value) {
    return schema_errors(document, std::get<Json>(parse_json(schema)),
                         std::get<Json>(parse_json(value)));
  };
  for (const auto& [schema, value] : std::vector<std::pair<const char*, const char*>>{
           {R"({"$ref": "#/a"})", "7"},
           {R"({"type": "integer"})", "7.5"},
           {R"({"type": "integer"})", "1e300"},
           {R"({"type": ["string", "null"]})", "[]"},
           {R"({"enum": [1, "x"]})", "2"},
           {R"({"const": true})", "false"},
           {R"({"required": ["a"]})", "{}"},
           {R"({"properties": {"a": {"type": "string"}}})", R"({"a": 1})"},
           {R"({"properties": {"a": {}}, "additionalProperties": false})", R"({"b": 1})"},
           {R"({"items": {"type": "string"}})", R"(["a", 1])"},
           {R"({"anyOf": [{"type": "string"}, {"const": 1}]})", "2"},
           {R"({"allOf": [{"type": "number"}, {"const": 1}]})", "2"},
           {R"({"minItems": 1})", "[]"},
           {R"({"maxItems": 0})", "[1]"},
           {R"({"minimum": 1})", "0.5"},
           {R"({"maximum": 1})", "2"},
           {R"({"pattern": "^a+$"})", R"("b")"}})
    EXPECT_NE(errors(schema, value), "") << schema;
  EXPECT_EQ(errors(R"({"type": "number", "minimum": 1})", "1"), "");
  EXPECT_EQ(errors(R"({"type": "integer"})", "7.0"), "");
  EXPECT_THROW(errors(R"({"minimun": 1})", "1"), std::runtime_error);
  EXPECT_THROW(errors(R"({"$ref": "#/b"})", "1"), std::runtime_error);
}

}  // namespace
}  // namespace filigree::serve
