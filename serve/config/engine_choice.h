// Names of what can be chosen of threads and memory: `engine_thread_pinning` and `numa`.
#pragma once

#include <optional>
#include <string_view>

#include "runtime/engine.h"

namespace filigree::serve {

// "core", "numa", "none"; "replicate", "interleave", "off". nullopt for every other name.
std::optional<runtime::Pinning> parse_pinning(std::string_view name) noexcept;
std::optional<runtime::Numa> parse_numa(std::string_view name) noexcept;

// The inverse.
std::string_view pinning_name(runtime::Pinning pinning) noexcept;
std::string_view numa_name(runtime::Numa numa) noexcept;

// For messages: what could have been written.
inline constexpr std::string_view kPinningNames = "core, numa or none";
inline constexpr std::string_view kNumaNames = "replicate, interleave or off";

}  // namespace filigree::serve
