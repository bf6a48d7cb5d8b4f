#include "serve/http/request_id.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <random>

namespace filigree::serve {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

std::uint64_t random_start() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

std::string request_id(std::string_view given) {
  constexpr std::size_t kLongest = 64;
  if (!given.empty() && given.size() <= kLongest && std::ranges::all_of(given, is_plain))
    return std::string(given);
  // Odd, so that the sequence visits every number before it repeats.
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;
  static std::atomic<std::uint64_t> next{random_start()};
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016" PRIx64, next.fetch_add(kStep));
  return text.data();
}

}  // namespace filigree::serve
