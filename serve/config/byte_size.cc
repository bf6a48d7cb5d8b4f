#include "serve/config/byte_size.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

namespace filigree::serve {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr Unit kUnits[] = {{"", 1},
                           {"b", 1},
                           {"kb", 1'000},
                           {"mb", 1'000'000},
                           {"gb", 1'000'000'000},
                           {"tb", 1'000'000'000'000},
                           {"kib", std::uint64_t{1} << 10},
                           {"mib", std::uint64_t{1} << 20},
                           {"gib", std::uint64_t{1} << 30},
                           {"tib", std::uint64_t{1} << 40}};

}  // namespace

std::optional<std::size_t> parse_byte_size(std::string_view text) {
  std::uint64_t count = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, count);
  if (read.ec != std::errc()) return std::nullopt;
  std::string name(read.ptr, end);
  if (name.starts_with(' ')) name.erase(0, 1);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  const auto* unit = std::ranges::find(kUnits, std::string_view(name), &Unit::name);
  if (unit == std::end(kUnits)) return std::nullopt;
  if (count > std::numeric_limits<std::size_t>::max() / unit->bytes) return std::nullopt;
  return count * unit->bytes;
}

}  // namespace filigree::serve
