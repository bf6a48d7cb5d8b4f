// The server with the real engine, loader and tokenizer, on a model that comes with the project.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kernels/kernel_table.h"
#include "serve/http/server.h"
#include "serve/log.h"
#include "tests/serve/http_client.h"

namespace filigree::serve {
namespace {

const std::string kModel = FILIGREE_SOURCE_DIR "/third_party/models/minilm6-squad-pruned80-int8";
const std::string kDataset = FILIGREE_SOURCE_DIR "/tests/data/qa_eval_xquad.jsonl";

// Bodies of the first `count` questions.
std::vector<std::string> questions(std::size_t count) {
  std::ifstream stream(kDataset);
  std::vector<std::string> bodies;
  for (std::string line; bodies.size() < count && std::getline(stream, line);) {
    const Json row = std::get<Json>(parse_json(line));
    bodies.push_back(to_text(
        Json::object({{"question", *row.find("question")}, {"context", *row.find("context")}})));
  }
  return bodies;
}

class BundledModel : public testing::Test {
 protected:
  BundledModel() : engine_({.cores = 2, .streams = 1, .isa = {}}) {
    set_log_level(LogLevel::kError);
    Config config = config_for_task("question_answering", kModel);
    Config other = config_for_task("qa", kModel);
    config.endpoints.push_back(other.endpoints[0]);
    ServerOptions options;
    options.host = "127.0.0.1";
    options.port = 0;
    server_ = std::make_unique<Server>(std::move(config), options, engine_backend(engine_));
    server_->start();
  }

  void SetUp() override { ASSERT_TRUE(server_->wait_until_loaded(std::chrono::minutes(2))); }

  ClientResponse ask(const std::string& name, const std::string& body) const {
    return HttpClient(server_->port()).post("/v2/models/" + name + "/infer", body);
  }

  runtime::Engine engine_;
  std::unique_ptr<Server> server_;
};

TEST_F(BundledModel, ShowsEachMatrixOfItsEncoder) {
  const ClientResponse response = HttpClient(server_->port()).get("/v2/models/qa/matrices");
  ASSERT_EQ(response.status, 200);
  const Json json = response.json();
  const Json::Array& matrices = *json.find("matrices")->as_array();
  ASSERT_EQ(matrices.size(), 36U);
  const Json& last = matrices.back();
  EXPECT_EQ(*last.find("layer")->as_integer(), 5);
  EXPECT_EQ(*last.find("step")->as_string(), "ffn out");
  EXPECT_EQ(*last.find("rows")->as_integer(), 384);
  EXPECT_EQ(*last.find("cols")->as_integer(), 1536);
  const kernels::Isa isa = kernels::supported_tables().back().isa;
  const bool takes_singles = isa == kernels::Isa::kAvx2 || isa == kernels::Isa::kAvx512Vnni;
  EXPECT_EQ(*last.find("kernel")->as_string(), takes_singles ? "unstructured_i8" : "groups_i8");
  EXPECT_EQ(*last.find("form")->as_string(), "int8 static (SparseML)");
  // The cells together are the matrix.
  const Json& density = *last.find("density");
  EXPECT_EQ(*density.find("height")->as_integer(), 8);
  EXPECT_EQ(*density.find("width")->as_integer(), 32);
  const Json::Array& cells = *density.find("cells")->as_array();
  ASSERT_EQ(cells.size(), 256U);
  double sum = 0;
  for (const Json& cell : cells) sum += static_cast<double>(*cell.as_integer());
  const double nonzeros = static_cast<double>(*last.find("nonzeros")->as_integer());
  EXPECT_NEAR(sum / 256 / 1000, nonzeros / (384 * 1536), 0.0005);
  EXPECT_EQ(HttpClient(server_->port()).get("/v2/models/qa/matrices").body, response.body);
}

TEST_F(BundledModel, TellsWhereTheTimeOfARequestWent) {
  const std::string body = questions(1).front();
  const Json plain = ask("question_answering", body).json();
  const ClientResponse timed =
      HttpClient(server_->port()).post("/v2/models/qa/infer?timing=steps", body);
  const Json answer = timed.json();
  EXPECT_EQ(*answer.find("answer")->as_string(), *plain.find("answer")->as_string());
  EXPECT_EQ(plain.find("timing"), nullptr);
  const Json& timing = *answer.find("timing");
  ASSERT_EQ(timing.find("layers")->as_array()->size(), 6U);
  for (const Json& layer : *timing.find("layers")->as_array()) {
    double sum = 0;
    for (const Json::Member& step : *layer.as_object()) sum += *step.second.as_double();
    EXPECT_GT(sum, 0);
  }
}

TEST_F(BundledModel, AnswersAQuestion) {
  const ClientResponse response = ask(
      "question_answering",
      R"({"question": "Who built the lighthouse?", "context": "The lighthouse was built in 1874 by Marta Lindqvist."})");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(*response.json().find("answer")->as_string(), "Marta Lindqvist");
  EXPECT_EQ(*response.json().find("start")->as_integer(), 36);
  EXPECT_EQ(*response.json().find("end")->as_integer(), 51);
}

TEST_F(BundledModel, GivesTheSameBytesToOneClientAndToManyAtOnce) {
  const std::vector<std::string> bodies = questions(24);
  ASSERT_EQ(bodies.size(), 24U);
  std::vector<std::string> expected;
  for (const std::string& body : bodies) expected.push_back(ask("qa", body).body);
  constexpr std::size_t kClients = 4;
  std::array<std::vector<std::string>, kClients> answers;
  std::vector<std::thread> clients;
  for (std::size_t c = 0; c < kClients; ++c)
    clients.emplace_back([&, c] {
      for (const std::string& body : bodies)
        answers[c].push_back(ask(c % 2 == 0 ? "qa" : "question_answering", body).body);
    });
  for (std::thread& client : clients) client.join();
  for (const auto& given : answers) EXPECT_EQ(given, expected);
}

TEST_F(BundledModel, ReadsALongContextThroughManyWindows) {
  std::string context;
  for (int i = 0; i < 60; ++i) context += "Nothing of interest happened that day. ";
  const std::string fact = "The lighthouse was built by Marta Lindqvist. ";
  const Json body = Json::object(
      {{"question", "Who built the lighthouse?"}, {"context", context + fact + context}});
  const ClientResponse response = ask("qa", to_text(body));
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(*response.json().find("answer")->as_string(), "Marta Lindqvist");
  EXPECT_EQ(static_cast<std::size_t>(*response.json().find("start")->as_integer()),
            context.size() + fact.find("Marta"));
}

}  // namespace
}  // namespace filigree::serve
