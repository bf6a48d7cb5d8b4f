// What the C interface says about arguments, options and files that are wrong.
#include <cstddef>
#include <cstring>
#include <fstream>

#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "tests/runtime/c_api_support.h"

namespace filigree::runtime {
namespace {

// The message of a call that fails with `want`; `call` takes where to put the error.
template <class Call>
std::string message_of(filigree_status want, Call&& call) {
  // A leftover that a careless caller passes in is overwritten, not read.
  auto* error = reinterpret_cast<filigree_error*>(8);
  EXPECT_EQ(call(&error), want);
  EXPECT_EQ(call(nullptr), want);
  const CError owner(error);
  return filigree_error_message(error);
}

std::string engine_refusal(const filigree_engine_options& options) {
  return message_of(FILIGREE_INVALID_ARGUMENT, [&](filigree_error** error) {
    auto* engine = reinterpret_cast<filigree_engine*>(8);
    const filigree_status status = filigree_engine_create(&options, &engine, error);
    EXPECT_EQ(engine, nullptr);
    return status;
  });
}

filigree_engine_options default_options() {
  filigree_engine_options options{};
  options.struct_size = sizeof options;
  return options;
}

TEST(CApiEngine, RefusesOptionsThatMakeNoSense) {
  filigree_engine_options options = default_options();
  options.cores = 2000;
  EXPECT_EQ(engine_refusal(options), "cores is 2000, expected 0 to 1024");
  options = default_options();
  options.isa = "sse9";
  EXPECT_EQ(engine_refusal(options).find("options.isa is 'sse9', expected one of scalar"), 0u);
  options = default_options();
  options.struct_size = 0;
  EXPECT_EQ(engine_refusal(options),
            "options.struct_size is 0, expected the size of the struct, 32");
}

TEST(CApiEngine, RefusesAnInstructionSetWithoutKernelsHere) {
  for (const kernels::Isa isa : kernels::kAllIsas) {
    const auto tables = kernels::supported_tables();
    if (isa <= tables.back().isa) continue;
    const std::string name(kernels::isa_name(isa));
    filigree_engine_options options = default_options();
    options.isa = name.c_str();
    EXPECT_NE(engine_refusal(options).find("'" + name + "'"), std::string::npos);
  }
}

TEST(CApiEngine, TakesOptionsOfOlderAndNewerHeaders) {
  filigree_engine_options older = default_options();
  older.struct_size = offsetof(filigree_engine_options, isa);
  older.cores = 1;
  older.isa = "not read";
  EXPECT_EQ(filigree_engine_cores(c_engine(&older).get()), 1u);

  struct {
    filigree_engine_options known = default_options();
    std::size_t added = 0;
  } newer;
  newer.known.struct_size = sizeof newer;
  EXPECT_NE(c_engine(&newer.known), nullptr);
  newer.added = 1;
  EXPECT_EQ(engine_refusal(newer.known),
            "options has a member set at byte 32 that filigree " FILIGREE_VERSION " does not know");
}

std::string load_refusal(filigree_status status, const char* path) {
  return message_of(status, [&](filigree_error** error) {
    auto* model = reinterpret_cast<filigree_model*>(8);
    const filigree_status got = filigree_model_load(path, &model, error);
    EXPECT_EQ(model, nullptr);
    return got;
  });
}

TEST(CApiModel, RefusesFilesThatAreNoModels) {
  EXPECT_EQ(load_refusal(FILIGREE_INVALID_ARGUMENT, nullptr), "path is null");
  EXPECT_EQ(load_refusal(FILIGREE_BAD_MODEL, "/nowhere/at.onnx"),
            "/nowhere/at.onnx: cannot be opened: No such file or directory");
  EXPECT_NE(load_refusal(FILIGREE_BAD_MODEL, FILIGREE_SOURCE_DIR "/tests").find("model.onnx"),
            std::string::npos);
  EXPECT_NE(load_refusal(FILIGREE_BAD_MODEL, FILIGREE_SOURCE_DIR "/LICENSE").find("LICENSE: "),
            std::string::npos);
}

TEST(CApiModel, RefusesATruncatedFile) {
  std::ifstream in(encoder_file("legacy14_eager"), std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  bytes.resize(bytes.size() / 2);
  const std::string path = testing::TempDir() + "filigree_c_api_truncated.onnx";
  std::ofstream(path, std::ios::binary) << bytes;
  EXPECT_EQ(load_refusal(FILIGREE_BAD_MODEL, path.c_str()).find(path + ": offset "), 0u);
  std::filesystem::remove(path);
}

class CApiBatch : public testing::Test {
 protected:
  std::string refusal(const filigree_batch& batch) const {
    return message_of(FILIGREE_INVALID_ARGUMENT, [&](filigree_error** error) {
      auto* result = reinterpret_cast<filigree_result*>(8);
      const filigree_status status =
          filigree_run(engine_.get(), model_.get(), &batch, &result, error);
      EXPECT_EQ(result, nullptr);
      return status;
    });
  }

  const CEngine engine_ = c_engine();
  const CModel model_ = c_model(encoder_file("legacy14_eager"));
};

TEST_F(CApiBatch, RefusesLengthsThatDoNotAddUp) {
  const FlatBatch good({{{1, 2, 3}, {}}, {{4, 5}, {}}});
  filigree_batch batch = good.view();
  batch.token_count = 6;
  EXPECT_EQ(refusal(batch), "batch.token_count is 6, expected the sum of batch.lengths, 5");
  batch.token_count = 4;
  EXPECT_EQ(refusal(batch),
            "batch.lengths[1] is 2, but batch.token_count (4) leaves 1 tokens for it");
  batch.sequence_count = SIZE_MAX;
  EXPECT_EQ(refusal(batch),
            "batch.sequence_count is 18446744073709551615, more than "
            "batch.token_count, 4");
}

TEST_F(CApiBatch, RefusesMissingArrays) {
  const FlatBatch good({{{1, 2, 3}, {}}});
  filigree_batch batch = good.view();
  batch.ids = nullptr;
  EXPECT_EQ(refusal(batch), "batch.ids is null");
  batch.lengths = nullptr;
  EXPECT_EQ(refusal(batch), "batch.lengths is null");
}

TEST_F(CApiBatch, RefusesIdsThatTheModelDoesNotTake) {
  EXPECT_EQ(refusal(FlatBatch({{{1}, {}}, {{1, 60}, {}}}).view()),
            "sequence 1 has token id 60 at position 1, expected 0 to 59");
  EXPECT_EQ(refusal(FlatBatch({{{1, 2}, {}}, {{}, {}}}).view()),
            "sequence 1 has no tokens, expected at least 1");
  EXPECT_EQ(refusal(FlatBatch({{std::vector<std::int32_t>(25, 1), {}}}).view()),
            "sequence 0 has 25 tokens, the model takes at most 24");
}

TEST_F(CApiBatch, RefusesOutputsThatAreNotThere) {
  const CResult result = c_run(engine_, model_, FlatBatch({{{1, 2}, {}}}).view());
  const char* name = filigree_model_output_name(model_.get(), 0);
  filigree_tensor tensor{};
  tensor.struct_size = sizeof tensor;
  const auto output_refusal = [&](std::size_t sequence, const char* wanted, filigree_tensor* to) {
    return message_of(FILIGREE_INVALID_ARGUMENT, [&](filigree_error** error) {
      return filigree_result_output(result.get(), sequence, wanted, to, error);
    });
  };
  EXPECT_EQ(output_refusal(0, "loss", &tensor).find("the model has no output 'loss', expected"),
            0u);
  EXPECT_EQ(output_refusal(1, name, &tensor), "sequence is 1, the result has 1");
  EXPECT_EQ(output_refusal(0, nullptr, &tensor), "name is null");
  EXPECT_EQ(output_refusal(0, name, nullptr), "tensor is null");
  tensor.struct_size = 1;
  EXPECT_EQ(output_refusal(0, name, &tensor).find("tensor.struct_size is 1, expected"), 0u);
}

TEST_F(CApiBatch, WritesOnlyTheMembersThatTheCallersHeaderHas) {
  const CResult result = c_run(engine_, model_, FlatBatch({{{1, 2}, {}}}).view());
  filigree_tensor tensor{};
  tensor.struct_size = offsetof(filigree_tensor, bytes);
  tensor.bytes = 77;  // beyond the struct of an older header
  const char* name = filigree_model_output_name(model_.get(), 0);
  ASSERT_EQ(filigree_result_output(result.get(), 0, name, &tensor, nullptr), FILIGREE_OK);
  EXPECT_EQ(tensor.struct_size, offsetof(filigree_tensor, bytes));
  EXPECT_NE(tensor.data, nullptr);
  EXPECT_EQ(tensor.bytes, 77u);
}

TEST_F(CApiBatch, RefusesNullHandles) {
  const FlatBatch good({{{1, 2}, {}}});
  const filigree_batch batch = good.view();
  filigree_result* result = nullptr;
  const auto run_refusal = [&](filigree_engine* engine, const filigree_model* model,
                               const filigree_batch* given, filigree_result** to) {
    return message_of(FILIGREE_INVALID_ARGUMENT, [&](filigree_error** error) {
      return filigree_run(engine, model, given, to, error);
    });
  };
  EXPECT_EQ(run_refusal(nullptr, model_.get(), &batch, &result), "engine is null");
  EXPECT_EQ(run_refusal(engine_.get(), nullptr, &batch, &result), "model is null");
  EXPECT_EQ(run_refusal(engine_.get(), model_.get(), nullptr, &result), "batch is null");
  EXPECT_EQ(run_refusal(engine_.get(), model_.get(), &batch, nullptr), "result is null");
  EXPECT_EQ(filigree_engine_create(nullptr, nullptr, nullptr), FILIGREE_INVALID_ARGUMENT);
  EXPECT_EQ(filigree_model_load("x", nullptr, nullptr), FILIGREE_INVALID_ARGUMENT);
  EXPECT_EQ(filigree_result_output(nullptr, 0, "x", nullptr, nullptr), FILIGREE_INVALID_ARGUMENT);
}

TEST(CApiNull, IsAnObjectWithoutContent) {
  EXPECT_STREQ(filigree_error_message(nullptr), "");
  EXPECT_EQ(filigree_engine_cores(nullptr), 0u);
  EXPECT_STREQ(filigree_engine_isa(nullptr), "");
  EXPECT_EQ(filigree_engine_memory_bytes(nullptr), 0u);
  EXPECT_EQ(filigree_model_memory_bytes(nullptr), 0u);
  EXPECT_EQ(filigree_model_max_tokens(nullptr), 0u);
  EXPECT_EQ(filigree_model_output_count(nullptr), 0u);
  EXPECT_EQ(filigree_model_output_name(nullptr, 0), nullptr);
  EXPECT_EQ(filigree_model_warning_count(nullptr), 0u);
  EXPECT_EQ(filigree_model_warning(nullptr, 0), nullptr);
  EXPECT_EQ(filigree_result_sequence_count(nullptr), 0u);
  EXPECT_EQ(filigree_result_queued_ns(nullptr), 0u);
  EXPECT_EQ(filigree_result_compute_ns(nullptr), 0u);
  filigree_error_free(nullptr);
  filigree_engine_free(nullptr);
  filigree_model_free(nullptr);
  filigree_result_free(nullptr);
}

}  // namespace
}  // namespace filigree::runtime
