// What `filigree benchmark` is made of: statistics, lengths, inputs, scenarios, results,
// comparison.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <limits>
#include <set>
#include <stdexcept>

#include "tools/benchmark/benchmark_result.h"
#include "tools/benchmark/comparison.h"
#include "tools/benchmark/input_lengths.h"
#include "tools/benchmark/input_shapes.h"
#include "tools/benchmark/model_inputs.h"
#include "tools/benchmark/squad_lengths.h"
#include "tools/benchmark/statistics.h"
#include "tools/cli/errors.h"
#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

using serve::Json;

template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Statistics, AreThoseOfNumpy) {
  // numpy.percentile, numpy.median, numpy.mean and numpy.std of these values.
  const Distribution found = distribution_of({7, 1, 4, 10});
  EXPECT_DOUBLE_EQ(found.mean, 5.5);
  EXPECT_DOUBLE_EQ(found.median, 5.5);
  EXPECT_DOUBLE_EQ(found.std, 3.3541019662496847);
  EXPECT_DOUBLE_EQ(found.percentiles[0], 3.25);
  EXPECT_DOUBLE_EQ(found.percentiles[3], 9.1);
  EXPECT_DOUBLE_EQ(found.percentiles[6], 9.991);
}

TEST(Statistics, OneValueIsEveryPercentile) {
  const Distribution found = distribution_of({3});
  EXPECT_EQ(found.std, 0);
  for (const double value : found.percentiles) EXPECT_EQ(value, 3);
}

TEST(Statistics, JsonNamesThePercentilesAsDeepSparseDoes) {
  Json json = Json::object({});
  add_distribution(json, distribution_of({1, 2}));
  for (const char* name :
       {"median", "mean", "std", "25.0%", "50.0%", "75.0%", "90.0%", "95.0%", "99.0%", "99.9%"})
    EXPECT_NE(json.find(name), nullptr) << name;
}

TEST(InputLengths, FixedAndRangeGiveWhatTheySay) {
  Random random(1, "test");
  for (const std::size_t length : InputLengths::parse("17").draw(10, random))
    EXPECT_EQ(length, 17U);
  std::set<std::size_t> seen;
  for (const std::size_t length : InputLengths::parse("3-6").draw(200, random)) seen.insert(length);
  EXPECT_EQ(seen, (std::set<std::size_t>{3, 4, 5, 6}));
}

TEST(InputLengths, TheSameSeedGivesTheSameLengths) {
  for (const char* text : {"1-500", "squad"}) {
    Random first(9, "lengths"), second(9, "lengths"), other(10, "lengths");
    const auto lengths = InputLengths::parse(text).draw(50, first);
    EXPECT_EQ(lengths, InputLengths::parse(text).draw(50, second));
    EXPECT_NE(lengths, InputLengths::parse(text).draw(50, other));
  }
}

TEST(InputLengths, SquadHasTheMeanAndTheEndsOfTheDataSet) {
  EXPECT_EQ(squad_length(0), 41U);
  EXPECT_EQ(squad_length(std::uint64_t{1} << 63), 163U);  // the median
  EXPECT_EQ(squad_length(std::numeric_limits<std::uint64_t>::max()), 819U);
  double sum = 0;
  constexpr std::uint64_t kSteps = 10000;
  for (std::uint64_t i = 0; i < kSteps; ++i)
    sum +=
        static_cast<double>(squad_length((std::numeric_limits<std::uint64_t>::max() / kSteps) * i));
  // 176.57 of the data set; interpolation between percentiles makes a long tail a little heavier.
  EXPECT_NEAR(sum / kSteps, 176.57, 2.0);
}

TEST(InputLengths, SquadIsCutToTheLimitAndOthersAreRefusedAboveIt) {
  Random random(1, "test");
  InputLengths squad = InputLengths::parse("squad");
  squad.limit_to(100, "the model");
  EXPECT_EQ(std::ranges::max(squad.draw(500, random)), 100U);
  InputLengths range = InputLengths::parse("1-101");
  EXPECT_EQ(error_of([&] { range.limit_to(100, "what the model has positions for"); }),
            "the input length 101 is above what the model has positions for, 100");
}

TEST(InputLengths, FileIsUsedInTurnAndItsErrorsNameTheLine) {
  const std::string file =
      std::filesystem::temp_directory_path() / ("filigree_lengths." + std::to_string(::getpid()));
  Random random(1, "test");
  write_file(file, "5\r\n\n7\n11\n");
  const InputLengths lengths = InputLengths::parse("file:" + file);
  EXPECT_EQ(lengths.draw(5, random), (std::vector<std::size_t>{5, 7, 11, 5, 7}));
  EXPECT_EQ(lengths.cycle(), 3U);
  write_file(file, "5\nseven\n");
  EXPECT_TRUE(contains(error_of([&] { InputLengths::parse("file:" + file); }),
                       file + ":2: found 'seven', expected a number of tokens from 1"));
  write_file(file, "\n");
  EXPECT_TRUE(contains(error_of([&] { InputLengths::parse("file:" + file); }), "has no lengths"));
  std::filesystem::remove(file);
  EXPECT_TRUE(contains(error_of([&] { InputLengths::parse("file:" + file); }), file));
}

TEST(InputLengths, OtherTextIsAUsageError) {
  for (const char* text :
       {"", "0", "-5", "5-", "9-3", "1-2-3", "many", "1.5", "99999999999999999999"})
    EXPECT_THROW(InputLengths::parse(text), UsageError) << text;
}

TEST(InputShapes, OneShapeOrOneForEveryInput) {
  for (const char* text : {"[2,384]", "[2,384],[2,384],[2,384]", " [2, 384] , [2, 384]"}) {
    const BatchShape shape = parse_input_shapes(text);
    EXPECT_EQ(shape.batch_size, 2U);
    EXPECT_EQ(shape.tokens, 384U);
  }
  for (const char* text : {"", "2,384", "[2]", "[2,384,1]", "[0,384]", "[2,384", "[\"2\",384]"})
    EXPECT_THROW(parse_input_shapes(text), UsageError) << text;
  EXPECT_TRUE(contains(error_of([] { parse_input_shapes("[1,8],[1,9]"); }), "the same shape"));
}

TEST(ModelInputs, HaveTheirLengthsAndIdsOfTheVocabulary) {
  const IdSpace ids{.vocabulary = 50, .positions = 64};
  const auto batches = model_inputs(InputLengths::parse("2-9"), 3, ids, 1);
  ASSERT_GT(batches.size(), 100U);
  std::set<std::size_t> lengths;
  std::set<std::int32_t> seen;
  for (const Batch& batch : batches) {
    ASSERT_EQ(batch.size(), 3U);
    for (const runtime::Sequence& sequence : batch) {
      lengths.insert(sequence.ids.size());
      seen.insert(sequence.ids.begin(), sequence.ids.end());
    }
  }
  EXPECT_EQ(lengths.size(), 8U);
  EXPECT_EQ(seen.size(), 50U);
  EXPECT_EQ(*seen.begin(), 0);
  EXPECT_EQ(*seen.rbegin(), 49);
}

TEST(ModelInputs, TheSameSeedGivesTheSameIds) {
  const IdSpace ids{.vocabulary = 1000, .positions = 64};
  const auto all_ids = [&](std::uint64_t seed) {
    std::vector<std::int32_t> found;
    for (const Batch& batch : model_inputs(InputLengths::fixed(8), 1, ids, seed))
      for (const auto& sequence : batch)
        found.insert(found.end(), sequence.ids.begin(), sequence.ids.end());
    return found;
  };
  EXPECT_EQ(all_ids(4), all_ids(4));
  EXPECT_NE(all_ids(4), all_ids(5));
}

TEST(Scenario, SyncHasOneStream) {
  const ScenarioPlan plan = plan_scenario({.scenario = Scenario::kSync, .streams = 4, .cores = 8});
  EXPECT_EQ(plan.in_flight, 1U);
  EXPECT_EQ(plan.engine_streams, 1U);
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_TRUE(contains(plan.warnings[0], "not 4"));
  EXPECT_TRUE(plan_scenario({.scenario = Scenario::kSync, .cores = 8}).warnings.empty());
}

TEST(Scenario, AsyncDividesTheCoresAndElasticDoesNot) {
  ScenarioRequest request{.scenario = Scenario::kAsync, .cores = 8, .numa_nodes = 2};
  EXPECT_EQ(plan_scenario(request).in_flight, 4U);
  EXPECT_EQ(plan_scenario(request).engine_streams, 4U);
  EXPECT_EQ(plan_scenario(request).warnings.size(), 1U);
  request.streams = 20;
  EXPECT_EQ(plan_scenario(request).in_flight, 8U);
  EXPECT_TRUE(contains(plan_scenario(request).warnings.at(0), "from 20 to 8"));
  request.scenario = Scenario::kElastic;
  EXPECT_EQ(plan_scenario(request).in_flight, 20U);
  EXPECT_EQ(plan_scenario(request).engine_streams, 2U);
  EXPECT_TRUE(plan_scenario(request).warnings.empty());
}

TEST(Scenario, OtherNamesAreUsageErrors) {
  EXPECT_EQ(parse_scenario("elastic"), Scenario::kElastic);
  EXPECT_EQ(parse_pinning("numa"), runtime::Pinning::kNuma);
  EXPECT_THROW(parse_scenario("multi"), UsageError);
  EXPECT_THROW(parse_pinning("socket"), UsageError);
}

TEST(Streams, EveryStreamIsMeasuredThoughOnePieceOfWorkOutlastsTheTime) {
  const auto times = run_streams(
      {.streams = 3, .warmup_seconds = 0, .seconds = 0}, [](std::size_t, std::size_t) {},
      [](double, std::size_t) { return true; });
  ASSERT_TRUE(times.has_value());
  ASSERT_EQ(times->size(), 3U);
  for (const auto& stream : *times) {
    ASSERT_EQ(stream.size(), 1U);
    EXPECT_LE(stream[0].start, stream[0].end);
  }
}

TEST(Streams, WhatBeganInTheWarmUpIsNotMeasured) {
  std::atomic<std::size_t> calls{0};
  const auto times = run_streams(
      {.streams = 1, .warmup_seconds = 0.02, .seconds = 0.02},
      [&](std::size_t, std::size_t) { ++calls; }, [](double, std::size_t) { return true; });
  ASSERT_TRUE(times.has_value());
  const auto& stream = times->front();
  EXPECT_GE(stream.front().start, 0);
  EXPECT_GT(stream.front().index, 0U);
  EXPECT_EQ(stream.front().index + stream.size(), calls);
}

TEST(Streams, TheFirstExceptionEndsAllOfThem) {
  const auto work = [](std::size_t stream, std::size_t index) {
    if (stream == 1 && index == 2) throw std::runtime_error("out of tea");
  };
  EXPECT_EQ(error_of([&] {
              run_streams({.streams = 2, .warmup_seconds = 0, .seconds = 3600}, work,
                          [](double, std::size_t) { return true; });
            }),
            "out of tea");
}

TEST(Streams, StopWhenTheWatchSaysSo) {
  std::size_t asked = 0;
  const auto times = run_streams(
      {.streams = 2, .warmup_seconds = 3600, .seconds = 3600}, [](std::size_t, std::size_t) {},
      [&](double elapsed, std::size_t iterations) {
        EXPECT_LT(elapsed, 0);
        EXPECT_EQ(iterations, 0U);
        return ++asked < 2;
      });
  EXPECT_FALSE(times.has_value());
  EXPECT_EQ(asked, 2U);
}

// Two streams, 40 iterations of 1 s each, beginning at 0, one after another in each.
StreamTimes steady_times(double seconds = 1) {
  StreamTimes times(2);
  for (auto& stream : times)
    for (std::size_t i = 0; i < 40; ++i)
      stream.push_back({i, static_cast<double>(i) * seconds, static_cast<double>(i + 1) * seconds});
  return times;
}

TEST(BenchmarkResult, CountsItemsFromTheFirstStartToTheLastEnd) {
  const BenchmarkResult result = benchmark_result(steady_times(), 4);
  EXPECT_EQ(result.iterations, 80U);
  EXPECT_DOUBLE_EQ(result.seconds_ran, 40);
  EXPECT_DOUBLE_EQ(result.items_per_sec, 8);
  EXPECT_DOUBLE_EQ(result.latency_ms.mean, 1000);
  ASSERT_EQ(result.streams.size(), 2U);
  EXPECT_EQ(result.streams[1].iterations, 40U);
}

TEST(BenchmarkResult, BlocksCoverTheRun) {
  const BenchmarkResult result = benchmark_result(steady_times(), 4);
  ASSERT_EQ(result.blocks.size(), kBlocks);
  for (const Block& block : result.blocks) {
    EXPECT_DOUBLE_EQ(block.items_per_sec, 8);
    EXPECT_DOUBLE_EQ(block.latency_ms, 1000);
  }
  EXPECT_EQ(benchmark_result({{{0, 0.5, 1.5}, {1, 1.5, 3.5}}}, 1).blocks.size(), 2U);
  EXPECT_DOUBLE_EQ(benchmark_result({{{0, 0.5, 1.5}, {1, 1.5, 3.5}}}, 1).blocks[1].items_per_sec,
                   0.5);
}

Json run_json(const StreamTimes& times) {
  return Json::object(
      {{"engine", "filigree"},
       {"isa", "avx2"},
       {"benchmark_result", to_json(benchmark_result(times, 1), Scenario::kAsync)}});
}

TEST(BenchmarkComparison, NamesTheChangeAndItsSpread) {
  const BenchmarkComparison found =
      compare(run_json(steady_times(1)), run_json(steady_times(0.5)), "a.json");
  EXPECT_NEAR(found.items_per_sec.percent, 100, 1e-9);
  EXPECT_NEAR(found.median.percent, -50, 1e-9);
  ASSERT_TRUE(found.items_per_sec.spread);
  EXPECT_NEAR(found.items_per_sec.spread->low, 100, 1e-6);
  EXPECT_EQ(verdict(found), "faster");
  EXPECT_TRUE(found.differences.empty());
  EXPECT_EQ(verdict(compare(run_json(steady_times(0.5)), run_json(steady_times(1)), "a")),
            "slower");
  const std::string text = comparison_text(found, "a.json");
  EXPECT_TRUE(contains(text, "Compared with a.json: faster\n")) << text;
  EXPECT_TRUE(contains(text, ", +100.0 % (spread +100.0 % to +100.0 %)\n")) << text;
}

TEST(BenchmarkComparison, AChangeInsideTheSpreadIsNone) {
  // The same work with pieces of 0.5 and 1.5 s in turn, and all of it 1 % slower.
  const auto uneven = [](double factor) {
    StreamTimes times(1);
    double now = 0;
    for (std::size_t i = 0; i < 40; ++i) {
      const double seconds = factor * ((i / 2) % 2 == 0 ? 0.5 : 1.5);
      times[0].push_back({i, now, now + seconds});
      now += seconds;
    }
    return times;
  };
  const BenchmarkComparison found = compare(run_json(uneven(1)), run_json(uneven(1.01)), "a.json");
  EXPECT_NEAR(found.items_per_sec.percent, -0.990099, 1e-5);
  EXPECT_LT(found.items_per_sec.spread->low, -50);
  EXPECT_GT(found.items_per_sec.spread->high, 50);
  EXPECT_EQ(verdict(found), "the same within the spread");
}

TEST(BenchmarkComparison, NamesWhatWasRunDifferently) {
  Json now = run_json(steady_times());
  now.add("isa", "avx512");
  now.add("num_cores", 2);
  const BenchmarkComparison found = compare(run_json(steady_times()), now, "a.json");
  EXPECT_EQ(found.differences, (std::vector<std::string>{"num_cores: absent, now 2",
                                                         "isa: \"avx2\", now \"avx512\""}));
}

TEST(BenchmarkComparison, AFileWithoutBlocksHasNoSpread) {
  const Json earlier =
      Json::object({{"benchmark_result", Json::object({{"items_per_sec", 2}, {"median", 500.0}})}});
  const BenchmarkComparison found = compare(earlier, run_json(steady_times()), "deepsparse.json");
  EXPECT_NEAR(found.items_per_sec.percent, 0, 1e-9);
  EXPECT_FALSE(found.items_per_sec.spread);
  EXPECT_TRUE(contains(verdict(found), "no blocks"));
}

TEST(BenchmarkComparison, ErrorsNameFileAndField) {
  const Json now = run_json(steady_times());
  const auto error = [&](const std::string& text) {
    return error_of([&] { compare(std::get<Json>(serve::parse_json(text)), now, "a.json"); });
  };
  EXPECT_TRUE(contains(error("[]"), "a.json: has type array"));
  EXPECT_EQ(error("{}"), "a.json: has no field 'benchmark_result'");
  EXPECT_EQ(error(R"({"benchmark_result":{"items_per_sec":"x"}})"),
            "a.json: field 'items_per_sec' is a string, expected a number above 0");
  EXPECT_TRUE(contains(error(R"({"benchmark_result":{"items_per_sec":0}})"), "above 0"));
  EXPECT_TRUE(
      contains(error(R"({"benchmark_result":{"items_per_sec":1,"blocks":{"items_per_sec":3}}})"),
               "expected an array"));
}

}  // namespace
}  // namespace filigree::tools
