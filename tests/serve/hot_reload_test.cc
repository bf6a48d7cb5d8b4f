#include <atomic>
#include <thread>

#include "tests/serve/config_support.h"
#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

class HotReload : public ServerTest {
 protected:
  HotReload() {
    options_.reload_interval = std::chrono::milliseconds(5);
    options_.admin = true;
    options_.model_root = models_.path();
    for (const char* name : {"n", "o"}) {
      std::filesystem::create_directory(models_.path() / name);
      std::ofstream(models_.path() / name / "model.onnx") << name;
    }
  }

  static std::string endpoint(const std::string& name, const std::string& model) {
    return "  - {task: qa, name: " + name + ", model: " + model + "}\n";
  }
  // By another name first, as careful editors do.
  void write(const std::string& text) const {
    std::ofstream(models_.path() / "new.yaml") << text;
    std::filesystem::rename(models_.path() / "new.yaml", file_);
  }
  void start_with(const std::string& text) {
    write(text);
    start(load_config(file_));
  }
  Json status() const {
    const Json config = get("/config").json();
    return *config.find("hot_reload");
  }
  // Waits until so many changes were applied or refused; false after ten seconds.
  bool changes_will_be(const std::string& result, int count) const {
    return metrics_will_have("filigree_config_reloads_total{result=\"" + result + "\"} " +
                             std::to_string(count));
  }
  int ask(const std::string& name) const {
    return post("/v2/models/" + name + "/infer", kQuestion).status;
  }

  ModelFolder models_;
  const std::filesystem::path file_ = models_.path() / "serve.yaml";
};

TEST_F(HotReload, ServesWhatTheFileSaysNow) {
  start_with("endpoints:\n" + endpoint("a", "m"));
  EXPECT_TRUE(status().find("error")->is_null());
  write("endpoints:\n" + endpoint("a", "m") + endpoint("b", "n"));
  ASSERT_TRUE(changes_will_be("applied", 1));
  EXPECT_EQ(ask("a"), 200);
  EXPECT_EQ(ask("b"), 200);
  EXPECT_EQ(engine_.loads(), 2U);  // "a" was there
  write("endpoints:\n" + endpoint("b", "o"));
  ASSERT_TRUE(changes_will_be("applied", 2));
  EXPECT_EQ(ask("a"), 404);
  EXPECT_EQ(ask("b"), 200);
  EXPECT_EQ(engine_.loads(), 3U);
  EXPECT_EQ(get("/config").json().find("endpoints")->as_array()->size(), 1U);
}

TEST_F(HotReload, ChangesNothingForABadFileAndReportsIt) {
  engine_.fail_model(models_.path() / "o", "offset 3: broken");
  start_with("endpoints:\n" + endpoint("a", "m"));
  const auto expect_refused = [&](int count, const std::string& text, const std::string& why) {
    set_log_level(LogLevel::kError);
    write(text);
    ASSERT_TRUE(changes_will_be("refused", count)) << text;
    EXPECT_NE(status().find("error")->as_string()->find(why), std::string::npos)
        << to_text(status());
    EXPECT_TRUE(metrics_will_have("filigree_config_last_reload_successful 0"));
    EXPECT_EQ(ask("a"), 200);
    EXPECT_EQ(get("/v2/models").json().find("models")->as_array()->size(), 1U);
  };
  expect_refused(1, "endpoints: [", "serve.yaml");
  expect_refused(2, "endpoints:\n" + endpoint("a", "m") + "  - {task: qa}\n", ":3: endpoint has");
  expect_refused(3, "endpoints:\n" + endpoint("a", "m") + endpoint("b", "o"), "offset 3: broken");
  expect_refused(4, "endpoints:\n" + endpoint("a", "nowhere"), "nowhere");
  std::filesystem::remove(file_);
  ASSERT_TRUE(changes_will_be("refused", 5));
  EXPECT_EQ(ask("a"), 200);
  write("endpoints:\n" + endpoint("b", "n"));
  ASSERT_TRUE(changes_will_be("applied", 1));
  EXPECT_TRUE(status().find("error")->is_null());
  EXPECT_TRUE(metrics_will_have("filigree_config_last_reload_successful 1"));
  EXPECT_EQ(ask("b"), 200);
}

TEST_F(HotReload, KeepsWhatRequestsHaveAdded) {
  start_with("endpoints:\n" + endpoint("a", "m"));
  ASSERT_EQ(post("/endpoints", R"({"task":"qa","model":"n","name":"added"})").status, 200);
  write("endpoints:\n" + endpoint("b", "m"));
  ASSERT_TRUE(changes_will_be("applied", 1));
  EXPECT_EQ(ask("added"), 200);
  EXPECT_EQ(ask("a"), 404);
  write("endpoints:\n" + endpoint("added", "m"));
  ASSERT_TRUE(changes_will_be("refused", 1));
  EXPECT_EQ(ask("b"), 200);
}

TEST_F(HotReload, KeepsTheSettingsOfTheEngine) {
  start_with("num_cores: 1\nendpoints:\n" + endpoint("a", "m"));
  write("num_cores: 2\nendpoints:\n" + endpoint("b", "m"));
  ASSERT_TRUE(changes_will_be("applied", 1));
  const Json config = get("/config").json();
  EXPECT_EQ(*config.find("num_cores")->as_integer(), 1);
}

TEST_F(HotReload, NamesSettingsOfTheServerThatNeedARestart) {
  start_with("endpoints:\n" + endpoint("a", "m"));
  set_log_level(LogLevel::kWarning);
  testing::internal::CaptureStderr();
  write("max_body_bytes: 10\ncache_dir: elsewhere\nscheduler: sync\nendpoints:\n" +
        endpoint("b", "m"));
  const bool applied = changes_will_be("applied", 1);
  const std::string log = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(applied);
  EXPECT_NE(log.find("the change of 'cache_dir' needs a restart"), std::string::npos) << log;
  EXPECT_NE(log.find("the change of 'scheduler' needs a restart"), std::string::npos) << log;
  EXPECT_NE(log.find("a limit or another setting of the server' needs a restart"),
            std::string::npos)
      << log;
  EXPECT_EQ(ask("b"), 200);  // with its body of more than 10 bytes
}

TEST_F(HotReload, NeverShowsAClientAnError) {
  start_with("endpoints:\n" + endpoint("a", "m") + endpoint("b", "n"));
  std::atomic<bool> done{false};
  std::atomic<std::size_t> answers{0}, failures{0};
  std::vector<std::jthread> clients;
  for (int i = 0; i < 3; ++i)
    clients.emplace_back([&] {
      HttpClient client(port());
      while (!done) {
        const ClientResponse response = client.post("/v2/models/a/infer", kQuestion);
        ++(response.status == 200 && response.body == kAnswer ? answers : failures);
      }
    });
  const std::string models[] = {"m", "n", "o"};
  for (int round = 1; round <= 12; ++round) {
    write("endpoints:\n" + endpoint("a", models[round % 3]) +
          endpoint("b" + std::to_string(round), models[(round + 1) % 3]));
    EXPECT_TRUE(changes_will_be("applied", round)) << round;
  }
  done = true;
  clients.clear();
  EXPECT_EQ(failures, 0U);
  EXPECT_GT(answers, 12U);
}

}  // namespace
}  // namespace filigree::serve
