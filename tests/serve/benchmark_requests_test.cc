#include <future>

#include "serve/http/benchmark_options.h"
#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

const std::string kPath = "/v2/models/qa/benchmark";
const std::string kShort = R"({"warmup_time":0,"seconds_to_run":0})";

class BenchmarkRequestsTest : public ServerTest {};

TEST_F(BenchmarkRequestsTest, AnswerTheTimesOfEveryStage) {
  start();
  const ClientResponse response = post(kPath, R"({"warmup_time":0,"seconds_to_run":0.05})");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json triple = response.json();
  const Json& times = triple.as_array()->at(0);
  const std::size_t answers = times.find("total_inference")->as_array()->size();
  EXPECT_GE(answers, 1U);
  for (const char* stage : {"pre_process", "engine_forward", "post_process"}) {
    const auto& all = *times.find(stage)->as_array();
    ASSERT_EQ(all.size(), answers) << stage;
    for (std::size_t i = 0; i < answers; ++i)
      EXPECT_LE(*all[i].as_double(), *times.find("total_inference")->as_array()->at(i).as_double());
  }
  EXPECT_GE(*triple.as_array()->at(1).as_double(), 0.05);
  EXPECT_EQ(*triple.as_array()->at(2).as_integer(), 1);
}

TEST_F(BenchmarkRequestsTest, AskTheModelAsManyTimesAsTheySay) {
  start();
  const Json triple = post(kPath, kShort).json();
  const std::size_t answers = triple.as_array()->at(0).find("total_inference")->as_array()->size();
  EXPECT_TRUE(engine_.wait_for_submitted(answers));
  EXPECT_EQ(answers, 1U);
}

TEST_F(BenchmarkRequestsTest, RunOneAtATime) {
  start();
  engine_.hold_answers();
  auto first = std::async(std::launch::async, [&] { return post(kPath, kShort); });
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  EXPECT_EQ(post(kPath, kShort).status, 409);
  EXPECT_EQ(get("/v2/health/live").status, 200);
  engine_.release_answers();
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(post(kPath, kShort).status, 200);
}

TEST_F(BenchmarkRequestsTest, EndWhenTheServerStops) {
  start();
  auto answer = std::async(std::launch::async,
                           [&] { return post(kPath, R"({"warmup_time":0,"seconds_to_run":60})"); });
  ASSERT_TRUE(engine_.wait_for_submitted(2));
  server_->stop();
  EXPECT_EQ(answer.get().status, 503);
}

TEST_F(BenchmarkRequestsTest, TellWhyTheModelDoesNotAnswer) {
  engine_.answer_with(runtime::Status::kQueueFull, "full");
  start();
  EXPECT_EQ(post(kPath, kShort).status, 429);
}

TEST(BenchmarkOptionsTest, HaveTheDefaultsOfDeepSparse) {
  const auto options = std::get<BenchmarkOptions>(benchmark_options(Json::object({})));
  EXPECT_EQ(options.characters, 512U);
  EXPECT_EQ(options.warmup_time.count(), 2);
  EXPECT_EQ(options.run_time.count(), 10);
}

TEST(BenchmarkOptionsTest, TakeDeepSparsesWholeObject) {
  const std::string body =
      R"({"data_type":"dummy","gen_sequence_length":100,"input_image_shape":[224,224,3],)"
      R"("data_folder":null,"recursive_search":false,"max_string_length":-1,"question_file":null,)"
      R"("context_file":null,"pipeline_kwargs":{},"input_schema_kwargs":{},"batch_size":1.0,)"
      R"("seconds_to_run":3,"warmup_time":0.5,"thread_pinning":"core","scenario":"sync",)"
      R"("num_streams":null})";
  const auto read = benchmark_options(std::get<Json>(parse_json(body)));
  ASSERT_TRUE(std::holds_alternative<BenchmarkOptions>(read));
  EXPECT_EQ(std::get<BenchmarkOptions>(read).characters, 100U);
  EXPECT_EQ(std::get<BenchmarkOptions>(read).run_time.count(), 3);
}

TEST(BenchmarkOptionsTest, RefuseWhatIsNotDoneHere) {
  for (const std::string body :
       {R"({"data_type":"real"})", R"({"batch_size":4})", R"({"num_streams":2})",
        R"({"scenario":"async"})", R"({"seconds_to_run":61})", R"({"warmup_time":-1})",
        R"({"gen_sequence_length":0})", R"({"gen_sequence_length":"many"})", "[]"}) {
    const auto read = benchmark_options(std::get<Json>(parse_json(body)));
    const auto* errors = std::get_if<std::vector<FieldError>>(&read);
    ASSERT_NE(errors, nullptr) << body;
    EXPECT_EQ(errors->size(), 1U) << body;
  }
}

}  // namespace
}  // namespace filigree::serve
