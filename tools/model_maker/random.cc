#include "tools/model_maker/random.h"

#include <bit>

namespace filigree::tools {
namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  std::uint64_t z = state;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view stream) noexcept {
  std::uint64_t mixed = seed;
  mixed = split_mix(mixed) ^ fnv1a(stream);
  for (std::uint64_t& word : state_) word = split_mix(mixed);
}

std::uint64_t Random::bits() noexcept {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) noexcept {
  return static_cast<std::uint64_t>(Wide{bits()} * bound >> 64);
}

float Random::bell() noexcept {
  const std::uint64_t word = bits();
  std::int32_t sum = 0;
  for (int shift = 0; shift < 64; shift += 16)
    sum += static_cast<std::int32_t>(word >> shift & 0xffff);
  // Four uniform numbers of [0, 65535]: mean 131070, variance 4 (2^32 - 1) / 12.
  constexpr float kOneOverDeviation = 1 / 37837.227F;
  return static_cast<float>(sum - 131070) * kOneOverDeviation;
}

}  // namespace filigree::tools
