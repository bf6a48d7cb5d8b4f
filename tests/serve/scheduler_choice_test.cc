#include "tests/serve/config_support.h"

namespace filigree::serve {
namespace {

const std::string kFirst = "endpoints:\n  - {task: qa, model: m, kwargs: {scheduler: ";

class SchedulerChoice : public ConfigTest {
 protected:
  Config settled(const std::string& yaml) const {
    Config config = parse(yaml);
    settle_scheduler(config);
    return config;
  }
  runtime::EngineOptions engine_of(const std::string& yaml) const {
    return engine_options(settled(yaml));
  }
  static std::string server(const std::string& lines) {
    return lines + "endpoints:\n  - {task: qa, model: m}\n";
  }
};

TEST_F(SchedulerChoice, IsElasticWithoutOne) {
  const runtime::EngineOptions options = engine_of(server("num_workers: 3\n"));
  EXPECT_TRUE(options.elastic);
  EXPECT_EQ(options.streams, 3U);
}

TEST_F(SchedulerChoice, SaysHowManyStreamsThereAreAndWhetherTheyHelpEachOther) {
  const std::string workers = "num_workers: 3\n";
  const auto single = engine_of(server(workers + "scheduler: single_stream\n"));
  EXPECT_EQ(single.streams, 1U);
  const auto multi = engine_of(server(workers + "scheduler: multi_stream\n"));
  EXPECT_EQ(multi.streams, 3U);
  EXPECT_FALSE(multi.elastic);
  const auto elastic = engine_of(server(workers + "scheduler: elastic\n"));
  EXPECT_EQ(elastic.streams, 3U);
  EXPECT_TRUE(elastic.elastic);
  const runtime::EngineOptions usual;
  EXPECT_EQ(engine_of(server("scheduler: multi_stream\n")).streams, usual.streams);
}

TEST_F(SchedulerChoice, KnowsTheOtherNamesOfDeepSparse) {
  for (const std::string name : {"single", "sync", "default", "single_stream"})
    EXPECT_EQ(parse(server("scheduler: " + name + "\n")).scheduler->kind,
              SchedulerKind::kSingleStream);
  for (const std::string name : {"multi", "async", "multi_stream"})
    EXPECT_EQ(parse(server("scheduler: " + name + "\n")).scheduler->kind,
              SchedulerKind::kMultiStream);
}

TEST_F(SchedulerChoice, RefusesOtherNamesWithTheLineOfEach) {
  EXPECT_EQ(error_of(server("scheduler: fast\n")),
            "f.yaml:1: scheduler is 'fast', expected single_stream, multi_stream or elastic");
  EXPECT_EQ(error_of(kFirst + "Elastic}}\n"),
            "f.yaml:2: scheduler is 'Elastic', expected single_stream, multi_stream or elastic");
  EXPECT_EQ(error_of(kFirst + "[elastic]}}\n"),
            "f.yaml:2: 'scheduler' is a sequence, expected text");
}

TEST_F(SchedulerChoice, IsThatOfTheFirstEndpointThatHasOne) {
  const Config config = settled(kFirst + "null}}\n  - {task: qa, model: m, name: b}\n" +
                                "  - {task: qa, model: m, kwargs: {scheduler: multi_stream}}\n");
  ASSERT_TRUE(config.scheduler.has_value());
  EXPECT_EQ(config.scheduler->kind, SchedulerKind::kMultiStream);
  EXPECT_EQ(config.scheduler->source, "f.yaml:4: scheduler");
  EXPECT_TRUE(config.warnings.empty());
  EXPECT_EQ(*to_json(config).find("scheduler")->as_string(), "multi_stream");
}

TEST_F(SchedulerChoice, WarnsAboutEndpointsThatAskForAnother) {
  const Config config =
      settled(kFirst + "multi}}\n  - {task: qa, model: m, kwargs: {scheduler: " +
              "elastic}}\n  - {task: qa, model: m, kwargs: {scheduler: async}}\n");
  EXPECT_EQ(config.scheduler->kind, SchedulerKind::kMultiStream);
  EXPECT_EQ(config.warnings,
            std::vector<std::string>{
                "f.yaml:3: scheduler is 'elastic', which has no effect: all endpoints share one "
                "engine, and f.yaml:2: scheduler is 'multi_stream'"});
}

TEST_F(SchedulerChoice, OfTheServerStandsAboveThoseOfEndpoints) {
  Config config = parse("scheduler: elastic\n" + kFirst + "single}}\n");
  config.scheduler = parse_scheduler_request("multi_stream", "flag '--scheduler'");
  settle_scheduler(config);
  EXPECT_EQ(config.scheduler->kind, SchedulerKind::kMultiStream);
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_EQ(config.warnings[0],
            "f.yaml:3: scheduler is 'single_stream', which has no effect: all endpoints share one "
            "engine, and flag '--scheduler' is 'multi_stream'");
}

TEST_F(SchedulerChoice, WarnsAboutWorkersThatASingleStreamCannotHave) {
  const Config config = settled(server("num_workers: 4\nscheduler: single_stream\n"));
  EXPECT_EQ(config.warnings,
            std::vector<std::string>{
                "f.yaml:2: scheduler is 'single_stream', so that num_workers is 1 and not 4"});
  EXPECT_TRUE(settled(server("num_workers: 1\nscheduler: sync\n")).warnings.empty());
}

TEST_F(SchedulerChoice, IsKeptByTheEffectiveYaml) {
  const Config config = settled(kFirst + "sync}}\n");
  const Config again = parse_config(effective_yaml(config), "g.yaml", "/");
  EXPECT_EQ(again.scheduler->kind, SchedulerKind::kSingleStream);
}

}  // namespace
}  // namespace filigree::serve
