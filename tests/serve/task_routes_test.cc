// Every task over HTTP, with the real engine and models whose answers can be read off the words.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <thread>

#include "serve/http/server.h"
#include "serve/log.h"
#include "tests/serve/bag_of_words.h"
#include "tests/serve/http_client.h"

namespace filigree::serve {
namespace {

class TaskRoutes : public testing::Test {
 protected:
  TaskRoutes() : engine_({.cores = 2, .streams = 1, .isa = {}}) { set_log_level(LogLevel::kError); }

  void add(const std::string& name, TaskOptions options, const std::string& model) {
    EndpointConfig endpoint;
    endpoint.name = name;
    endpoint.model = model;
    endpoint.model_path = model;
    endpoint.options = std::move(options);
    config_.endpoints.push_back(std::move(endpoint));
  }

  void start() {
    Backend backend = engine_backend(engine_);
    backend.load_model = [this](const std::filesystem::path& path, const loader::LoadOptions&) {
      return models_.at(path.string());
    };
    backend.load_tokenizer = [](const std::filesystem::path&) { return words_tokenizer(); };
    backend.load_config = [](const std::filesystem::path&) {
      return ModelConfig{.file = "config.json", .labels = {"A", "B", "C"}, .multi_label = false};
    };
    ServerOptions options;
    options.host = "127.0.0.1";
    options.port = 0;
    options.max_body_bytes = std::size_t{8} << 20;
    server_ = std::make_unique<Server>(config_, options, std::move(backend));
    server_->start();
    ASSERT_TRUE(server_->wait_until_loaded(std::chrono::seconds(60)));
  }

  ClientResponse post(const std::string& path, const std::string& body) const {
    return HttpClient(server_->port()).post(path, body);
  }
  ClientResponse get(const std::string& path) const {
    return HttpClient(server_->port()).get(path);
  }

  const std::map<std::string, std::shared_ptr<const loader::Model>> models_ = {
      {"sum", bag_of_words(Bag::kSum, {{4, {0, 30, 0}}, {5, {0, 0, 30}}, {3, {1, 0, 0}}})},
      {"token", bag_of_words(Bag::kToken, {{4, {0, 30, 0}}, {5, {0, 0, 30}}, {3, {30, 0, 0}}})},
      {"questions", bag_of_words(Bag::kQuestions, {{10, {4, 4}}})}};
  runtime::Engine engine_;
  Config config_;
  std::unique_ptr<Server> server_;
};

TEST_F(TaskRoutes, AnswerEveryTaskUnderItsName) {
  add("classes", TextClassificationOptions{}, "sum");
  add("tokens", TokenClassificationOptions{.ignore_labels = {"A"}}, "token");
  add("zero", ZeroShotOptions{.entailment_index = 1}, "sum");
  add("hidden", EmbeddingOptions{.layer = std::nullopt, .extraction = Extraction::kClsToken},
      "token");
  add("qa", QuestionAnsweringOptions{}, "questions");
  start();
  EXPECT_EQ(post("/v2/models/classes/infer", R"({"sequences": ["good", ["in", "bad"]]})").body,
            R"({"labels":["B","C"],"scores":[1.0,1.0]})");
  EXPECT_EQ(post("/v2/models/tokens/infer", R"({"inputs": ["Good in", ""]})").body,
            R"({"predictions":[[{"entity":"B","score":1.0,"word":"good","start":0,"end":4,)"
            R"("index":1,"is_grouped":false}],[]]})");
  EXPECT_EQ(post("/v2/models/zero/infer", R"({"sequences": "in", "labels": "bad, good"})")
                .body.find(R"({"sequences":"in","labels":["good","bad"],"scores":[1.0,)"),
            0U);
  EXPECT_EQ(post("/v2/models/hidden/infer", R"({"inputs": "good"})").body,
            R"({"embeddings":[[0.0,0.0,0.0]]})");
  EXPECT_EQ(post("/v2/models/qa/infer", R"({"question": "in", "context": "good London"})").body,
            R"({"score":8.0,"answer":"London","start":5,"end":11})");
  const Json models = get("/v2").json();
  EXPECT_EQ(to_text(*models.find("models")),
            R"([{"name":"classes","task":"text_classification","state":"ready"},)"
            R"({"name":"tokens","task":"token_classification","state":"ready"},)"
            R"({"name":"zero","task":"zero_shot_text_classification","state":"ready"},)"
            R"({"name":"hidden","task":"transformers_embedding_extraction","state":"ready"},)"
            R"({"name":"qa","task":"question_answering","state":"ready"}])");
}

// The engine's thread sends what the socket takes, the network thread the rest.
TEST_F(TaskRoutes, SendAnAnswerThatIsLargerThanABufferOfTheSocket) {
  add("zero", ZeroShotOptions{.entailment_index = 1}, "sum");
  start();
  std::string text(std::size_t{7} << 20, ' ');  // net.ipv4.tcp_wmem allows 4 MiB
  text.replace(0, 2, "in");
  const ClientResponse response =
      post("/v2/models/zero/infer", R"({"labels": "bad, good", "sequences": ")" + text + R"("})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body.find(R"({"sequences":")" + text + R"(","labels":["good","bad"])"), 0U);
}

TEST_F(TaskRoutes, AnswerUnderTheRouteAndTheName) {
  add("classes", TextClassificationOptions{}, "sum");
  config_.endpoints[0].route = "/sentiment/v1";
  start();
  for (const char* path :
       {"/sentiment/v1", "/v2/models/sentiment/v1/infer", "/v2/models/classes/infer"}) {
    const ClientResponse response = post(path, R"({"sequences": "bad"})");
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.body, R"({"labels":["C"],"scores":[1.0]})") << path;
    EXPECT_EQ(response.headers.at("x-compute-tokens"), "3");
  }
}

TEST_F(TaskRoutes, NameTheItemThatIsWrongInFastApisShape) {
  add("tokens", TokenClassificationOptions{}, "token");
  start();
  const ClientResponse response = post("/predict", R"({"inputs": ["good", 7]})");
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.body, R"({"detail":[{"loc":["body","inputs",1],"msg":"str type expected, )"
                           R"(found number","type":"type_error.str"}]})");
  EXPECT_EQ(post("/predict", R"({"inputs": []})").status, 422);
  EXPECT_EQ(post("/predict", R"({"input": "good"})").status, 422);
  EXPECT_EQ(post("/predict", "[1]").status, 422);
  EXPECT_EQ(post("/predict", "{").status, 400);
}

TEST_F(TaskRoutes, RefuseAModelOfAnotherTaskAndServeTheOthers) {
  add("classes", TextClassificationOptions{}, "questions");
  add("tokens", TokenClassificationOptions{}, "sum");
  add("qa", QuestionAnsweringOptions{}, "sum");
  add("fine", TextClassificationOptions{}, "sum");
  start();
  EXPECT_EQ(*get("/v2/models/classes").json().find("error")->as_string(),
            "bag.onnx: outputs are 'start_logits', 'end_logits', text classification expected "
            "'logits' of shape [1, labels]");
  EXPECT_EQ(*get("/v2/models/tokens").json().find("state")->as_string(), "failed");
  EXPECT_EQ(*get("/v2/models/qa").json().find("state")->as_string(), "failed");
  const ClientResponse response = post("/v2/models/tokens/infer", R"({"inputs": "good"})");
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("token classification expected 'logits'"), std::string::npos);
  EXPECT_EQ(post("/v2/models/fine/infer", R"({"sequences": "good"})").status, 200);
}

TEST_F(TaskRoutes, AnswerManyTextsAtOnceAsOneByOne) {
  add("classes", TextClassificationOptions{.top_k = 3}, "sum");
  start();
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i)
    texts.push_back(std::string(i % 3 == 0 ? "good" : "bad") + (i % 5 == 0 ? " in , bad" : " !"));
  Json list = Json::array({});
  for (const std::string& text : texts) list.add(text);
  const Json all = post("/predict", to_text(Json::object({{"sequences", std::move(list)}}))).json();
  for (std::size_t i = 0; i < texts.size(); i += 37) {
    const Json one =
        post("/predict", to_text(Json::object({{"sequences", Json(texts[i])}}))).json();
    for (const char* member : {"labels", "scores"})
      EXPECT_EQ(to_text(all.find(member)->as_array()->at(i)),
                to_text(one.find(member)->as_array()->at(0)))
          << i;
  }
}

// What tritonclient 2.73.0 sent, recorded: is the server live, ready, the model ready; metadata of
// both; the same two rows as JSON, as bytes with all outputs as bytes, with one output as bytes; an
// input that does not exist.
TEST_F(TaskRoutes, AnswerWhatTritonsClientSends) {
  add("triton", QuestionAnsweringOptions{}, "questions");
  start();
  std::ifstream file(FILIGREE_SOURCE_DIR "/tests/data/triton_client.http", std::ios::binary);
  const std::string requests{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(requests.empty());
  HttpClient client(server_->port());
  ASSERT_TRUE(client.send(requests));
  for (const char* question : {"live", "ready", "model ready"})
    EXPECT_EQ(client.receive().status, 200) << question;
  EXPECT_EQ(to_text(*client.receive().json().find("extensions")), R"(["binary_tensor_data"])");
  EXPECT_EQ(to_text(*client.receive().json().find("outputs")->as_array()->at(0).find("name")),
            R"("start_logits")");

  const auto tensor = [](const std::string& name, const std::string& values) {
    return R"({"name":")" + name + R"(","datatype":"FP32","shape":[2,4],)" + values + "}";
  };
  const std::string numbers = R"("data":[0.0,0.0,4.0,0.0,0.0,4.0,0.0,0.0])";
  const std::string size = R"("parameters":{"binary_data_size":32})";
  const std::vector<float> logits = {0, 0, 4, 0, 0, 4, 0, 0};
  const std::string bytes(reinterpret_cast<const char*>(logits.data()), 32);
  EXPECT_EQ(client.receive().body, R"({"model_name":"triton","id":"json","outputs":[)" +
                                       tensor("start_logits", numbers) + "," +
                                       tensor("end_logits", numbers) + "]}");
  const auto expect_bytes = [&](const std::string& json, const std::string& raw) {
    const ClientResponse response = client.receive();
    EXPECT_EQ(response.headers.at("inference-header-content-length"), std::to_string(json.size()));
    EXPECT_EQ(response.headers.at("content-type"), "application/octet-stream");
    EXPECT_EQ(response.headers.at("x-compute-tokens"), "8");
    EXPECT_EQ(response.body, json + raw);
  };
  expect_bytes(R"({"model_name":"triton","id":"binary","outputs":[)" +
                   tensor("start_logits", size) + "," + tensor("end_logits", size) + "]}",
               bytes + bytes);
  expect_bytes(R"({"model_name":"triton","outputs":[)" + tensor("start_logits", size) + "," +
                   tensor("end_logits", numbers) + "]}",
               bytes);
  const ClientResponse refused = client.receive();
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(*refused.json().find("error")->as_string(),
            "body.inputs.nothing: the model has no input of this name, expected input_ids");
}

TEST_F(TaskRoutes, RefuseBytesThatDoNotFitTheirHeader) {
  add("triton", QuestionAnsweringOptions{}, "questions");
  start();
  const auto answer = [&](const std::string& path, const std::string& length) {
    HttpClient client(server_->port());
    client.send("POST " + path + " HTTP/1.1\r\nHost: t\r\nInference-Header-Content-Length: " +
                length + "\r\nContent-Length: 2\r\n\r\n{}");
    return client.receive();
  };
  for (const std::string length : {"3", "-1", "x", "1x", "99999999999999999999"}) {
    const ClientResponse response = answer("/v2/models/triton/infer", length);
    EXPECT_EQ(response.status, 400) << length;
    EXPECT_EQ(*response.json().find("error")->as_string(),
              "Inference-Header-Content-Length is '" + length +
                  "', expected the bytes of JSON at the beginning of a body of 2");
  }
  EXPECT_EQ(*answer("/v2/models/triton/infer", "2").json().find("error")->as_string(),
            "body.inputs: expected a list of at least one object with name, shape and datatype");
  EXPECT_EQ(answer("/predict", "2").status, 422);
}

TEST_F(TaskRoutes, ShareAModelBetweenTasksAndClients) {
  add("classes", TextClassificationOptions{}, "sum");
  add("zero", ZeroShotOptions{.entailment_index = 1}, "sum");
  start();
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c)
    clients.emplace_back([&, c] {
      for (int i = 0; i < 25; ++i) {
        const ClientResponse response =
            c % 2 == 0 ? post("/v2/models/classes/infer", R"({"sequences": "good"})")
                       : post("/v2/models/zero/infer", R"({"sequences": "in", "labels": "good"})");
        EXPECT_EQ(response.status, 200);
        EXPECT_NE(response.body.find(c % 2 == 0 ? R"("labels":["B"])" : R"("labels":["good"])"),
                  std::string::npos);
      }
    });
  for (std::thread& client : clients) client.join();
}

}  // namespace
}  // namespace filigree::serve
