// Every allocation of the calling thread fails once, and the C interface says so: no exception
// leaves it, and what works later works.
#include <cstdlib>
#include <limits>
#include <new>

#include "tests/runtime/c_api_support.h"

namespace {

// Allocations of this thread until one fails.
thread_local std::size_t allocations_left = std::numeric_limits<std::size_t>::max();

void* limited(std::size_t bytes, std::size_t alignment) {
  if (allocations_left-- == 0) throw std::bad_alloc();
  // aligned_alloc wants a multiple of the alignment.
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// libfiligree.so calls these, as a library in any program with its own operator new does.
void* operator new(std::size_t bytes) { return limited(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return limited(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace filigree::runtime {
namespace {

// Repeats call(error), in which first the 1st, then the 2nd ... allocation fails, until it
// succeeds; returns how often it failed. Steps grow to 1 % of the way.
template <class Call>
std::size_t failures_before_success(Call&& call) {
  std::size_t failures = 0;
  for (std::size_t allowed = 0;; allowed += 1 + allowed / 100) {
    filigree_error* error = nullptr;
    allocations_left = allowed;
    const filigree_status status = call(&error);
    allocations_left = std::numeric_limits<std::size_t>::max();
    const CError owner(error);
    if (status == FILIGREE_OK) return failures;
    ++failures;
    EXPECT_EQ(status, FILIGREE_OUT_OF_MEMORY)
        << allowed << " allocations: " << filigree_error_message(error);
    EXPECT_STREQ(filigree_error_message(error), "out of memory");
    if (testing::Test::HasFailure()) return failures;
  }
}

TEST(CApi, ReportsThatThereIsNoMemoryForAModel) {
  filigree_model* model = nullptr;
  const std::string path = encoder_file("int8_u8");
  EXPECT_GT(failures_before_success([&](filigree_error** error) {
              return filigree_model_load(path.c_str(), &model, error);
            }),
            100u);
  EXPECT_EQ(filigree_model_max_tokens(CModel(model).get()), 24u);
}

TEST(CApi, ReportsThatThereIsNoMemoryForAnEngine) {
  filigree_engine* engine = nullptr;
  const filigree_engine_options options{
      .struct_size = sizeof options, .cores = 2, .isa = nullptr, .batch_tokens = 0};
  EXPECT_GT(failures_before_success([&](filigree_error** error) {
              return filigree_engine_create(&options, &engine, error);
            }),
            5u);
  EXPECT_EQ(filigree_engine_cores(CEngine(engine).get()), 2u);
}

TEST(CApi, ReportsThatThereIsNoMemoryForARun) {
  const CEngine engine = c_engine();
  const CModel model = c_model(encoder_file("int8_u8"));
  const FlatBatch batch({{{1, 2, 3}, {}}, {{4, 5}, {}}});
  const filigree_batch view = batch.view();
  filigree_result* result = nullptr;
  EXPECT_GT(failures_before_success([&](filigree_error** error) {
              return filigree_run(engine.get(), model.get(), &view, &result, error);
            }),
            5u);
  EXPECT_EQ(filigree_result_sequence_count(CResult(result).get()), 2u);
}

TEST(CApi, ReportsThatThereIsNoMemoryForAMessage) {
  EXPECT_GT(failures_before_success([&](filigree_error** error) {
              filigree_model* model = nullptr;
              const filigree_status status = filigree_model_load("/nowhere", &model, error);
              return status == FILIGREE_BAD_MODEL ? FILIGREE_OK : status;
            }),
            2u);
}

}  // namespace
}  // namespace filigree::runtime
