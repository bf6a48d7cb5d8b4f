#include "loader/shared_tensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "loader/give_way.h"

namespace filigree::loader {
namespace {

using Block = std::shared_ptr<const SharedBlock>;

// Odd, so that a multiplication loses nothing.
constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;

std::uint64_t mixed(std::uint64_t state, std::uint64_t word) {
  return std::rotl((state ^ word) * kMultiplier, 29);
}

bool equal_bytes(const Tensor& a, const Tensor& b) {
  const auto x = a.bytes();
  const auto y = b.bytes();
  if (x.size() != y.size()) return false;
  bool equal = true;
  in_pieces(x.size(), [&](std::size_t offset, std::size_t bytes) {
    equal = equal && std::memcmp(x.data() + offset, y.data() + offset, bytes) == 0;
  });
  return equal;
}

// Of the process.
class Registry {
 public:
  // Blocks of that hash that are not in `known`; adds `fresh` when there is none.
  std::vector<Block> others_or_add(std::uint64_t hash, const std::vector<Block>& known,
                                   const Block& fresh) {
    const std::lock_guard lock(mutex_);
    std::erase_if(blocks_, [](const auto& entry) { return entry.second.expired(); });
    std::vector<Block> others;
    const auto [first, last] = blocks_.equal_range(hash);
    for (auto entry = first; entry != last; ++entry)
      if (Block block = entry->second.lock();
          block != nullptr && std::ranges::find(known, block) == known.end())
        others.push_back(std::move(block));
    if (others.empty()) blocks_.emplace(hash, fresh);
    return others;
  }

 private:
  std::mutex mutex_;
  std::unordered_multimap<std::uint64_t, std::weak_ptr<const SharedBlock>> blocks_;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

std::uint64_t content_hash(std::span<const std::byte> bytes) noexcept {
  // Four chains, so that multiplications overlap.
  std::uint64_t states[4] = {1, 2, 3, 4};
  const std::size_t whole = bytes.size() / sizeof(states) * sizeof(states);
  in_pieces(whole, [&](std::size_t offset, std::size_t piece) {
    const std::byte* const end = bytes.data() + offset + piece;
    for (const std::byte* at = bytes.data() + offset; at != end; at += sizeof(states)) {
      std::uint64_t words[4];
      std::memcpy(words, at, sizeof(words));
      for (int i = 0; i < 4; ++i) states[i] = mixed(states[i], words[i]);
    }
  });
  std::uint64_t hash = bytes.size();
  for (const std::uint64_t state : states) hash = mixed(hash, state);
  for (const std::byte byte : bytes.subspan(whole))
    hash = mixed(hash, static_cast<std::uint64_t>(byte));
  return hash;
}

namespace {

// Of equal tensors all bytes are compared anyway, and others differ nearly everywhere: to hash
// every byte of the tables of nineteen models took a fifth of the time until all were ready.
std::uint64_t sampled_hash(std::span<const std::byte> bytes) noexcept {
  constexpr std::size_t kSamples = 64, kSampleBytes = 1024;
  if (bytes.size() <= kSamples * kSampleBytes) return content_hash(bytes);
  const std::size_t stride = bytes.size() / kSamples;
  std::uint64_t hash = bytes.size();
  for (std::size_t i = 0; i < kSamples; ++i)
    hash = mixed(hash, content_hash(bytes.subspan(i * stride, kSampleBytes)));
  return hash;
}

}  // namespace

Block share(Tensor& tensor) {
  const std::uint64_t hash = sampled_hash(tensor.bytes());
  const auto fresh = std::make_shared<const SharedBlock>(SharedBlock{tensor});
  // What another thread adds in the meantime is compared in the next round.
  for (std::vector<Block> known;;) {
    const std::vector<Block> others = registry().others_or_add(hash, known, fresh);
    if (others.empty()) return fresh;
    for (const Block& other : others)
      if (equal_bytes(other->tensor, tensor)) {
        tensor.use_bytes_of(other->tensor);
        return other;
      }
    known.insert(known.end(), others.begin(), others.end());
  }
}

}  // namespace filigree::loader
