#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/serve/config_support.h"
#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

// Models take 700 bytes each, and there is room for two of them.
class LoadOnRequestTest : public ServerTest {
 protected:
  LoadOnRequestTest() { options_.max_memory = 1500; }

  std::string state(const std::string& name) const {
    const Json model = get("/v2/models/" + name).json();
    return *model.find("state")->as_string();
  }
  ClientResponse ask(const std::string& name) const { return post(infer(name), kQuestion); }
  // Where the limit of a test is so short that even a load that finds its memory may take longer on
  // a busy machine: asks again, for ten seconds.
  ClientResponse ask_patiently(const std::string& name) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    ClientResponse response = ask(name);
    while (response.status != 200 && std::chrono::steady_clock::now() < deadline)
      response = ask(name);
    return response;
  }
  static std::string infer(const std::string& name) { return "/v2/models/" + name + "/infer"; }
  static std::string detail(const ClientResponse& response) {
    return *response.json().find("detail")->as_string();
  }
  // So many clients that have asked `name` and wait.
  std::vector<std::unique_ptr<HttpClient>> waiting_clients(const std::string& name,
                                                           int count) const {
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<HttpClient>(port()));
      EXPECT_TRUE(clients.back()->send(post_text(infer(name), kQuestion)));
    }
    return clients;
  }
};

TEST_F(LoadOnRequestTest, LoadsWhatIsAskedForAndUnloadsTheOldest) {
  start(fake_config({"a", "b", "c"}));
  EXPECT_EQ(get("/v2/health/ready").status, 200);
  EXPECT_EQ(state("c"), "unloaded");
  EXPECT_EQ(get("/v2/models/c/ready").body,
            R"({"name":"c","ready":true,"status":"OK","state":"unloaded"})");
  EXPECT_EQ(ask("a").body, kAnswer);
  EXPECT_EQ(ask("b").body, kAnswer);
  EXPECT_EQ(ask("c").body, kAnswer);
  EXPECT_EQ(state("c"), "ready");
  EXPECT_EQ(state("a"), "unloaded");
  EXPECT_EQ(ask("b").body, kAnswer);
  EXPECT_EQ(ask("a").body, kAnswer);
  EXPECT_EQ(state("c"), "unloaded");
  const std::string metrics = get("/metrics").body;
  for (const std::string line :
       {R"(filigree_model_state{model="c",state="unloaded"} 1)",
        R"(filigree_model_state{model="a",state="ready"} 1)",
        R"(filigree_model_ready{endpoint="c"} 1)", "filigree_models_memory_bytes 1400",
        "filigree_models_memory_limit_bytes 1500", "filigree_model_unloads_total 2",
        "filigree_requests_waiting_for_model 0",
        R"(filigree_requests_total{endpoint="c",code="200"} 1)"})
    EXPECT_NE(metrics.find(line + "\n"), std::string::npos) << line << "\n" << metrics;
  EXPECT_EQ(to_text(*get("/v2/models").json().find("memory")),
            R"({"used_bytes":1400,"max_memory":1500})");
  EXPECT_EQ(engine_.loads(), 4U);
}

TEST_F(LoadOnRequestTest, AnswersAllThatWaitForOneModelOnceItIsThere) {
  start(fake_config({"a", "b", "c"}));
  engine_.hold_loading();
  EXPECT_EQ(ask("b").body, kAnswer);  // so that it is the other one that goes
  const auto clients = waiting_clients("c", 8);
  ASSERT_TRUE(metrics_will_have("filigree_requests_waiting_for_model 8"));
  ASSERT_TRUE(metrics_will_have(R"(filigree_model_state{model="c",state="loading"} 1)"));
  // Neither the network thread nor those that read requests wait with them.
  EXPECT_EQ(ask("b").body, kAnswer);
  EXPECT_EQ(get("/v2/health/ready").status, 200);
  EXPECT_NE(get("/v2/models/c").json().find("loading"), nullptr);
  engine_.release_loading();
  for (const auto& client : clients) EXPECT_EQ(client->receive().body, kAnswer);
  EXPECT_EQ(engine_.loads(), 3U);
}

TEST_F(LoadOnRequestTest, RefusesARequestThatWaitsTooLong) {
  options_.load_timeout = std::chrono::milliseconds(30);
  start(fake_config({"a", "b", "c"}));
  engine_.hold_loading();
  const ClientResponse late = ask("c");
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ(late.headers.at("retry-after"), "1");
  EXPECT_TRUE(detail(late).starts_with("the model is not loaded after the limit of 30 ms"))
      << detail(late);
  HttpClient hurried(port());
  hurried.send("POST " + infer("c") + " HTTP/1.1\r\nhost: x\r\nx-request-timeout-ms: 5\r\n" +
               "content-length: " + std::to_string(kQuestion.size()) + "\r\n\r\n" + kQuestion);
  EXPECT_EQ(hurried.receive().status, 504);
  engine_.release_loading();
  EXPECT_EQ(ask_patiently("c").body, kAnswer);
}

TEST_F(LoadOnRequestTest, SaysWhatIsMissingWhenMemoryIsInUse) {
  options_.load_timeout = std::chrono::milliseconds(50);
  start(fake_config({"a", "b", "c"}));
  engine_.hold_answers();
  const auto first = waiting_clients("a", 1);
  const auto second = waiting_clients("b", 1);
  ASSERT_TRUE(engine_.wait_for_submitted(2));
  const ClientResponse refused = ask("c");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(detail(refused),
            "the model is not loaded after the limit of 50 ms: it needs 700 bytes of memory, 1400 "
            "are used and max_memory is 1500");
  engine_.release_answers();
  EXPECT_EQ(first[0]->receive().body, kAnswer);
  EXPECT_EQ(second[0]->receive().body, kAnswer);
  EXPECT_EQ(ask_patiently("c").body, kAnswer);
}

TEST_F(LoadOnRequestTest, RefusesAModelThatDoesNotFitAndSaysWhatItNeeds) {
  engine_.set_memory("big", {.bytes = 1600, .expected = 900});
  start(fake_config({"a", "b", "big"}));
  EXPECT_EQ(state("big"), "unloaded");
  const ClientResponse refused = ask("big");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.count("retry-after"), 0U);
  const std::string reason = "it needs 1600 bytes of memory, 0 are used and max_memory is 1500";
  EXPECT_EQ(detail(refused), "the model cannot be served: big: " + reason);
  EXPECT_EQ(*get("/v2/models/big").json().find("error")->as_string(), "big: " + reason);
  EXPECT_EQ(get("/v2/models/big/ready").status, 503);
  EXPECT_EQ(ask("a").body, kAnswer);
}

TEST_F(LoadOnRequestTest, SaysWhenAModelThatFailedIsTriedAgainAndLoadsItNotForEachRequest) {
  engine_.fail_model("b", "broken");
  start(fake_config({"a", "b"}));
  for (int i = 0; i < 3; ++i) {
    const ClientResponse refused = ask("b");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(detail(refused), "the model cannot be served: broken");
    EXPECT_EQ(refused.headers.at("retry-after"), "30");
  }
  EXPECT_EQ(engine_.loads(), 2U);
  EXPECT_EQ(state("b"), "failed");
  EXPECT_EQ(*get("/v2/models/b").json().find("error")->as_string(), "broken");
  EXPECT_EQ(get("/v2/models/b/ready").status, 503);
}

TEST_F(LoadOnRequestTest, LosesNoRequestOfManyModelsInLittleMemory) {
  constexpr int kModels = 5, kClients = 6, kRequests = 20;
  start(fake_config({"m0", "m1", "m2", "m3", "m4"}));
  std::atomic<int> answers{0};
  std::atomic<bool> is_done{false};
  std::vector<std::jthread> clients;
  for (int c = 0; c < kClients; ++c)
    clients.emplace_back([&, c] {
      HttpClient client(port());
      for (int i = 0; i < kRequests; ++i) {
        const std::string name = "m" + std::to_string((c * 7 + i * 3) % kModels);
        answers += client.post(infer(name), kQuestion).body == kAnswer ? 1 : 0;
      }
    });
  std::jthread watch([&] {
    while (!is_done) {
      const Json json = get("/v2/models").json();
      EXPECT_LE(*json.find("memory")->find("used_bytes")->as_integer(), 1500);
    }
  });
  clients.clear();
  is_done = true;
  watch.join();
  EXPECT_EQ(answers, kClients * kRequests);
  EXPECT_GT(engine_.loads(), 5U);
}

TEST_F(LoadOnRequestTest, LoadsNothingForClientsThatWent) {
  start(fake_config({"a", "b", "c", "d"}));
  engine_.hold_loading();
  auto gone = waiting_clients("c", 1);
  ASSERT_TRUE(metrics_will_have("filigree_requests_waiting_for_model 1"));
  auto also_gone = waiting_clients("d", 1);
  ASSERT_TRUE(metrics_will_have("filigree_requests_waiting_for_model 2"));
  gone[0]->reset();
  also_gone[0]->reset();
  ASSERT_TRUE(metrics_will_have("filigree_requests_waiting_for_model 0"));
  engine_.release_loading();
  EXPECT_EQ(state("d"), "unloaded");
  EXPECT_TRUE(metrics_will_have(R"(filigree_requests_total{endpoint="d",code="499"} 1)"));
}

TEST_F(LoadOnRequestTest, RefusesWhatWaitsWhenTheServerStops) {
  options_.drain_timeout = std::chrono::milliseconds(30);
  start(fake_config({"a", "b", "c"}));
  engine_.hold_loading();
  const auto clients = waiting_clients("c", 2);
  ASSERT_TRUE(metrics_will_have("filigree_requests_waiting_for_model 2"));
  std::jthread stopping([this] { server_->stop(); });
  for (const auto& client : clients) {
    const ClientResponse response = client->receive();
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(detail(response), "the server is stopping");
  }
  engine_.release_loading();
}

TEST_F(LoadOnRequestTest, AnswersWhatWaitsWhenTheServerHasTimeToStop) {
  start(fake_config({"a", "b", "c"}));
  engine_.hold_loading();
  const auto clients = waiting_clients("c", 2);
  ASSERT_TRUE(metrics_will_have("filigree_requests_waiting_for_model 2"));
  std::jthread stopping([this] { server_->stop(); });
  while (can_connect(port())) std::this_thread::yield();
  engine_.release_loading();
  for (const auto& client : clients) EXPECT_EQ(client->receive().body, kAnswer);
}

TEST_F(LoadOnRequestTest, BenchmarksAModelThatWasUnloaded) {
  start(fake_config({"a", "b", "c"}));
  EXPECT_EQ(post("/v2/models/c/benchmark", R"({"warmup_time": 0, "seconds_to_run": 0})").status,
            200);
  EXPECT_EQ(engine_.loads(), 3U);
}

TEST_F(LoadOnRequestTest, IsStrictWithModelsThatDoNotFitTogether) {
  options_.strict = true;
  engine_.fail_model("d", "broken");
  Server server(fake_config({"a", "b", "c", "d"}), options_, engine_.backend());
  EXPECT_THROW(run_until_signal(server, [](std::uint16_t) {}), ModelError);
}

class ReloadWithLimit : public LoadOnRequestTest {
 protected:
  ReloadWithLimit() {
    options_.reload_interval = std::chrono::milliseconds(5);
    for (const char* name : {"n", "o", "p"}) {
      std::filesystem::create_directory(models_.path() / name);
      std::ofstream(models_.path() / name / "model.onnx") << name;
    }
  }

  void write(const std::vector<std::string>& names) const {
    std::ofstream file(models_.path() / "new.yaml");
    file << "endpoints:\n";
    for (const std::string& name : names)
      file << "  - {task: qa, name: " << name << ", model: " << name << "}\n";
    file.close();
    std::filesystem::rename(models_.path() / "new.yaml", file_);
  }
  bool changes_will_be(const std::string& result, int count) const {
    return metrics_will_have("filigree_config_reloads_total{result=\"" + result + "\"} " +
                             std::to_string(count));
  }

  ModelFolder models_;
  const std::filesystem::path file_ = models_.path() / "serve.yaml";
};

TEST_F(ReloadWithLimit, TriesWhatIsNewAndLeavesTheRestAsItIs) {
  engine_.fail_model(models_.path() / "p", "broken");
  write({"m", "n", "o"});
  start(load_config(file_));
  EXPECT_EQ(state("o"), "unloaded");
  write({"m", "n", "o", "p"});
  ASSERT_TRUE(changes_will_be("refused", 1));
  for (const char* name : {"m", "n", "o"}) EXPECT_EQ(ask(name).body, kAnswer) << name;
  const std::size_t loads = engine_.loads();
  write({"n", "o"});
  ASSERT_TRUE(changes_will_be("applied", 1));
  EXPECT_EQ(engine_.loads(), loads);
  EXPECT_EQ(ask("m").status, 404);
  for (const char* name : {"n", "o"}) EXPECT_EQ(ask(name).body, kAnswer) << name;
  EXPECT_TRUE(metrics_will_have("filigree_models_memory_bytes 1400"));
}

TEST_F(ReloadWithLimit, ShowsAClientNoError) {
  write({"m", "n", "o"});
  start(load_config(file_));
  std::atomic<bool> is_done{false};
  std::atomic<int> answers{0}, failures{0};
  std::vector<std::jthread> clients;
  for (const std::string name : {"m", "n", "o"})
    clients.emplace_back([&, name] {
      HttpClient client(port());
      while (!is_done) ++(client.post(infer(name), kQuestion).body == kAnswer ? answers : failures);
    });
  for (int round = 1; round <= 6; ++round) {
    std::vector<std::string> names{"m", "n", "o"};
    if (round % 2 == 1) names.emplace_back("p");
    write(names);
    EXPECT_TRUE(changes_will_be("applied", round)) << round;
  }
  is_done = true;
  clients.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_GT(answers, 0);  // how many depends on how busy the machine is
}

}  // namespace
}  // namespace filigree::serve
