// Encoding allocates nothing once the arena and the batch have seen the largest of what comes.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "runtime/encoder.h"
#include "runtime/worker_group.h"
#include "tests/runtime/sequence_pointers.h"
#include "tests/runtime/tiny_model.h"

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  // aligned_alloc wants a multiple of the alignment.
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace filigree::runtime {
namespace {

TEST(Encoder, AllocatesNothingInTheSteadyState) {
  constexpr std::size_t kRanks = 2;
  constexpr std::size_t kTokens = 400;
  TinyModelOptions options;
  options.linears = LinearForm::kMixed;
  options.attention = AttentionForm::kAlternating;
  const auto model = tiny_model(options);
  const std::vector<Sequence> full =
      random_sequences({160, 100, 60, 40, 30, 10}, options.vocabulary, 1);
  const std::vector<Sequence> others = random_sequences({1, 64, 65, 3, 120}, options.vocabulary, 2);
  const auto full_views = pointers(full);
  const auto other_views = pointers(others);

  WorkerGroup group{Places(kRanks)};
  RaggedBatch batch;
  Arena arena;
  const ActivationShape shape = activation_shape(*model->encoder, kTokens, kRanks);
  const auto encode_batch = [&](const std::vector<const Sequence*>& sequences) {
    arena.reserve(shape);
    batch.assign(sequences, kRanks);
    encode(kernels::supported_tables().back(), *model->encoder, batch, shape, arena, group);
  };
  encode_batch(full_views);
  ASSERT_GT(allocations.load(), 0u);  // the counter counts
  const std::size_t arena_bytes = arena.bytes();
  const std::size_t before = allocations.load();
  for (int i = 0; i < 3; ++i) {
    encode_batch(other_views);
    encode_batch(full_views);
  }
  EXPECT_EQ(allocations.load(), before);
  EXPECT_EQ(arena.bytes(), arena_bytes);
}

}  // namespace
}  // namespace filigree::runtime
