// Sets of CPU numbers, in the notation of Linux: "0-3,8,10-11".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::runtime {

using CpuList = std::vector<int>;  // ascending, no duplicates

// CPU numbers are below this; the kernel's own limit is 8192.
inline constexpr int kMaxCpus = 65536;

// An empty text is an empty list; surrounding white space is ignored. nullopt when malformed.
std::optional<CpuList> parse_cpu_list(std::string_view text);

// The inverse; "none" for an empty list.
std::string cpu_list_text(const CpuList& cpus);

// What is in both.
CpuList intersection(const CpuList& a, const CpuList& b);

}  // namespace filigree::runtime
