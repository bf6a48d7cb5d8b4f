// Which instruction set to compute with. The only place that decides: `--isa` before FILIGREE_ISA
// before the key `isa` before the best that this CPU has.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernels/kernel_table.h"

namespace filigree::serve {

// An instruction set that somebody asked for. `source` says where and begins every message about
// it: "flag '--isa'", "environment variable FILIGREE_ISA", "serve.yaml:3: isa".
struct IsaRequest {
  kernels::Isa isa;
  std::string source;
};

// Throws ConfigError naming the source, what was found, the names there are and those that this CPU
// has.
IsaRequest parse_isa_request(std::string_view name, std::string source);

// What FILIGREE_ISA asks for; nullopt when it is not set or empty. Throws as parse_isa_request.
std::optional<IsaRequest> isa_of_environment();

// In the order of precedence.
struct IsaRequests {
  std::optional<IsaRequest> flag = std::nullopt, environment = std::nullopt, file = std::nullopt;
};

// The first request, or else the best of `available` with "the best this CPU has" as its source.
// Throws ConfigError naming the source and what there is, when `available` lacks what the first
// request asks for; what the others ask for does not matter then. Requires a table in `available`.
IsaRequest choose_isa(const IsaRequests& requests, std::span<const kernels::KernelTable> available =
                                                       kernels::supported_tables());

}  // namespace filigree::serve
