#include "loader/shared_tensors.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "loader/model.h"
#include "tests/loader/encoder_fixtures.h"

namespace filigree::loader {
namespace {

Tensor filled(std::int64_t count, float value) {
  return Tensor::of<float>({count}, std::vector<float>(static_cast<std::size_t>(count), value));
}

TEST(SharedTensors, EqualBytesBecomeOne) {
  Tensor first = filled(1000, 1.5F);
  Tensor second = filled(1000, 1.5F).reshaped({10, 100});
  const auto block = share(first);
  EXPECT_EQ(share(second), block);
  EXPECT_EQ(first.bytes().data(), second.bytes().data());
  EXPECT_EQ(second.dims(), (Dims{10, 100}));
}

TEST(SharedTensors, OtherBytesStayApart) {
  Tensor first = filled(1000, 1.5F);
  Tensor second = filled(1000, 2.5F);
  Tensor shorter = filled(999, 1.5F);
  const auto a = share(first), b = share(second), c = share(shorter);
  EXPECT_NE(first.bytes().data(), second.bytes().data());
  EXPECT_NE(first.bytes().data(), shorter.bytes().data());
  EXPECT_EQ(second.data<float>()[999], 2.5F);
}

TEST(SharedTensors, OneOtherByteOfALargeTensorStaysApart) {
  const std::size_t bytes = std::size_t{1} << 20;
  for (const std::size_t at : {std::size_t{0}, bytes / 128, bytes / 2 + 5000, bytes - 1}) {
    std::vector<std::int8_t> values(bytes, 1);
    Tensor first = Tensor::of<std::int8_t>({1 << 20}, values);
    values[at] = 2;
    Tensor second = Tensor::of<std::int8_t>({1 << 20}, std::move(values));
    const auto a = share(first), b = share(second);
    EXPECT_NE(a, b) << at;
    EXPECT_EQ(second.data<std::int8_t>()[at], 2) << at;
  }
}

TEST(SharedTensors, ABlockGoesWithItsLastUser) {
  std::weak_ptr<const SharedBlock> watched;
  {
    Tensor tensor = filled(1000, 3.5F);
    watched = share(tensor);
  }
  EXPECT_TRUE(watched.expired());
}

TEST(SharedTensors, ThreadsEndUpWithOneBlock) {
  std::vector<Tensor> tensors;
  for (int i = 0; i < 8; ++i) tensors.push_back(filled(100000, 4.5F));
  std::vector<std::shared_ptr<const SharedBlock>> blocks(tensors.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < tensors.size(); ++i)
      threads.emplace_back([&, i] { blocks[i] = share(tensors[i]); });
  }
  for (std::size_t i = 1; i < tensors.size(); ++i) EXPECT_EQ(blocks[i], blocks[0]);
}

TEST(SharedTensors, TheHashSeesEveryByteAndTheLength) {
  std::vector<std::byte> bytes(70);
  const std::uint64_t before = content_hash(bytes);
  for (std::byte& byte : bytes) {
    byte = std::byte{1};
    EXPECT_NE(content_hash(bytes), before);
    byte = std::byte{0};
  }
  EXPECT_NE(content_hash(std::span(bytes).first(69)), before);
}

// A fixture whose word table is large enough to be shared.
Graph graph_with_a_large_table(float value) {
  Graph graph = fixture_graph("legacy14_eager");
  for (auto& [name, tensor] : graph.initializers)
    if (tensor.dims() == Dims{60, 32})
      tensor = Tensor::of<float>({1000, 32}, std::vector<float>(32000, value));
  return graph;
}

TEST(SharedTensors, ModelsOfOneTeacherShareItsEmbeddingsUntilOneIsLeft) {
  const auto first = make_model(graph_with_a_large_table(0.5F));
  ASSERT_TRUE(first->encoder);
  EXPECT_EQ(shared_bytes(*first), 0U);
  auto second = make_model(graph_with_a_large_table(0.5F));
  const auto other = make_model(graph_with_a_large_table(0.25F));
  EXPECT_EQ(shared_bytes(*first), 128000U);
  EXPECT_EQ(shared_bytes(*second), 128000U);
  EXPECT_EQ(shared_bytes(*other), 0U);
  EXPECT_EQ(first->encoder->embeddings.tables[0].view.data,
            second->encoder->embeddings.tables[0].view.data);
  second.reset();
  EXPECT_EQ(shared_bytes(*first), 0U);
}

}  // namespace
}  // namespace filigree::loader
