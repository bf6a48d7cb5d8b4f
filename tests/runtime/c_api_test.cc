// libfiligree.so against the engine that is linked into this test.
#include <algorithm>
#include <cstring>
#include <thread>

#include "kernels/kernel_table.h"
#include "loader/model.h"
#include "runtime/engine.h"
#include "tests/runtime/c_api_support.h"

namespace filigree::runtime {
namespace {

const std::vector<Sequence> kSequences = {
    {{1, 2, 3, 4, 5}, {0, 0, 1, 1, 1}}, {{59}, {}}, {std::vector<std::int32_t>(24, 7), {}}};

// What the engine answers, one sequence at a time, on one thread.
class WantedOutputs {
 public:
  explicit WantedOutputs(const std::string& path) : model_(loader::load_model(path)) {
    Engine engine({.cores = 1, .isa = kernels::Isa::kScalar});
    for (const Sequence& sequence : kSequences) {
      Request request;
      request.model = model_;
      request.sequences = {sequence};
      Response response = engine.run(std::move(request));
      EXPECT_EQ(response.status, Status::kOk) << response.message;
      outputs_.push_back(std::move(response.sequences.at(0)));
    }
  }

  const std::vector<std::string>& names() const { return model_->output_names; }

  void expect_equal(const CResult& result) const {
    ASSERT_EQ(filigree_result_sequence_count(result.get()), outputs_.size());
    for (std::size_t i = 0; i < outputs_.size(); ++i)
      for (const std::string& name : names()) {
        SCOPED_TRACE("sequence " + std::to_string(i) + ", output " + name);
        const loader::Tensor& want = output_named(*model_, outputs_[i], name);
        const filigree_tensor got = c_output(result, i, name.c_str());
        EXPECT_EQ(got.struct_size, sizeof got);
        EXPECT_EQ(static_cast<int>(got.type), static_cast<int>(want.type()));
        EXPECT_EQ(loader::Dims(got.dims, got.dims + got.rank), want.dims());
        ASSERT_EQ(got.bytes, want.bytes().size());
        EXPECT_EQ(std::memcmp(got.data, want.bytes().data(), got.bytes), 0);
      }
  }

 private:
  std::shared_ptr<const loader::Model> model_;
  std::vector<SequenceOutput> outputs_;
};

class CApi : public testing::TestWithParam<const char*> {};

TEST_P(CApi, GivesTheBitsOfTheEngineOnEveryTableAndCoreCount) {
  const WantedOutputs want(encoder_file(GetParam()));
  const CModel model = c_model(encoder_file(GetParam()));
  const FlatBatch batch(kSequences);
  for (const kernels::KernelTable& table : kernels::supported_tables())
    for (std::size_t cores = 1; cores <= 3; ++cores) {
      const std::string isa(kernels::isa_name(table.isa));
      SCOPED_TRACE(isa + ", " + std::to_string(cores) + " cores");
      const filigree_engine_options options{.struct_size = sizeof options,
                                            .cores = cores,
                                            .isa = isa.c_str(),
                                            .batch_tokens = 10 * cores};
      const CEngine engine = c_engine(&options);
      EXPECT_EQ(filigree_engine_cores(engine.get()), cores);
      EXPECT_EQ(filigree_engine_isa(engine.get()), isa);
      want.expect_equal(c_run(engine, model, batch.view()));
    }
}

INSTANTIATE_TEST_SUITE_P(Forms, CApi,
                         testing::Values("legacy14_eager", "int8_u8", "int8_byte_products",
                                         "classifier_dynamo18", "unrecognised_relu"),
                         [](const auto& form) { return std::string(form.param); });

TEST(CApiModel, SaysWhatItIs) {
  const CModel model = c_model(encoder_file("legacy14_eager"));
  const auto loaded = loader::load_model(encoder_file("legacy14_eager"));
  EXPECT_EQ(filigree_model_memory_bytes(model.get()), loaded->memory_bytes);
  EXPECT_EQ(filigree_model_max_tokens(model.get()), 24u);
  const std::size_t count = filigree_model_output_count(model.get());
  ASSERT_EQ(count, loaded->output_names.size());
  for (std::size_t i = 0; i < count; ++i)
    EXPECT_EQ(filigree_model_output_name(model.get(), i), loaded->output_names[i]);
  EXPECT_EQ(filigree_model_output_name(model.get(), count), nullptr);
  EXPECT_EQ(filigree_model_warning_count(model.get()), 0u);
}

TEST(CApiModel, WarnsOfAnEncoderThatIsNotRecognised) {
  const CModel model = c_model(encoder_file("unrecognised_relu"));
  ASSERT_EQ(filigree_model_warning_count(model.get()), 1u);
  EXPECT_NE(std::string(filigree_model_warning(model.get(), 0)).find("no encoder recognised"),
            std::string::npos);
  EXPECT_EQ(filigree_model_warning(model.get(), 1), nullptr);
  EXPECT_EQ(filigree_model_max_tokens(model.get()), 0u);
}

TEST(CApiRun, TellsMemoryAndTime) {
  const CEngine engine = c_engine();
  EXPECT_EQ(filigree_engine_memory_bytes(engine.get()), 0u);
  const CResult result =
      c_run(engine, c_model(encoder_file("legacy14_eager")), FlatBatch(kSequences).view());
  EXPECT_GT(filigree_engine_memory_bytes(engine.get()), 0u);
  EXPECT_GT(filigree_result_compute_ns(result.get()), 0u);
}

TEST(CApiRun, TakesTypeIdsAsZeroWhenThereAreNone) {
  const CEngine engine = c_engine();
  const CModel model = c_model(encoder_file("legacy14_eager"));
  const FlatBatch batch({{{1, 2, 3}, {}}});
  filigree_batch without = batch.view();
  without.type_ids = nullptr;
  const char* name = filigree_model_output_name(model.get(), 0);
  const CResult explicit_result = c_run(engine, model, batch.view());
  const CResult implicit_result = c_run(engine, model, without);
  const filigree_tensor want = c_output(explicit_result, 0, name);
  const filigree_tensor got = c_output(implicit_result, 0, name);
  ASSERT_EQ(got.bytes, want.bytes);
  EXPECT_EQ(std::memcmp(got.data, want.data, got.bytes), 0);
}

TEST(CApiRun, AnswersABatchOfNothing) {
  filigree_batch nothing{};
  nothing.struct_size = sizeof nothing;
  const CResult result = c_run(c_engine(), c_model(encoder_file("legacy14_eager")), nothing);
  EXPECT_EQ(filigree_result_sequence_count(result.get()), 0u);
}

TEST(CApiRun, ServesManyThreadsAtOnce) {
  const std::string path = encoder_file("int8_u8");
  const WantedOutputs want(path);
  const filigree_engine_options options{
      .struct_size = sizeof options, .cores = 2, .isa = nullptr, .batch_tokens = 0};
  const CEngine engine = c_engine(&options);
  const CModel model = c_model(path);
  const FlatBatch batch(kSequences);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) want.expect_equal(c_run(engine, model, batch.view()));
    });
  for (std::thread& caller : callers) caller.join();
}

TEST(CApiResult, OutlivesEngineAndModel) {
  const std::string path = encoder_file("legacy14_eager");
  const WantedOutputs want(path);
  CEngine engine = c_engine();
  CModel model = c_model(path);
  const CResult result = c_run(engine, model, FlatBatch(kSequences).view());
  model.reset();
  engine.reset();
  want.expect_equal(result);
}

TEST(CApiVersion, IsThatOfTheHeader) {
  EXPECT_EQ(filigree_abi_version(), FILIGREE_ABI_VERSION);
  EXPECT_STREQ(filigree_version(), FILIGREE_VERSION);
}

}  // namespace
}  // namespace filigree::runtime
