#include "serve/config/engine_choice.h"

#include <algorithm>
#include <array>

namespace filigree::serve {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 3> kPinnings = {"core", "numa", "none"};
constexpr std::array<std::string_view, 3> kNumas = {"replicate", "interleave", "off"};

template <class Value>
std::optional<Value> parse(std::string_view name, const std::array<std::string_view, 3>& names) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Value>(found - names.begin());
}

}  // namespace

std::optional<runtime::Pinning> parse_pinning(std::string_view name) noexcept {
  return parse<runtime::Pinning>(name, kPinnings);
}

std::optional<runtime::Numa> parse_numa(std::string_view name) noexcept {
  return parse<runtime::Numa>(name, kNumas);
}

std::string_view pinning_name(runtime::Pinning pinning) noexcept {
  return kPinnings[static_cast<std::size_t>(pinning)];
}

std::string_view numa_name(runtime::Numa numa) noexcept {
  return kNumas[static_cast<std::size_t>(numa)];
}

}  // namespace filigree::serve
