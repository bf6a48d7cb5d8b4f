#include "serve/config/isa_choice.h"

#include <algorithm>
#include <cstdlib>

#include "serve/config/config.h"

namespace filigree::serve {
namespace {

constexpr const char* kVariable = "FILIGREE_ISA";

std::string names_of(std::span<const kernels::KernelTable> tables) {
  std::string names;
  for (const kernels::KernelTable& table : tables)
    names.append(names.empty() ? "" : ", ").append(kernels::isa_name(table.isa));
  return names;
}

}  // namespace

IsaRequest parse_isa_request(std::string_view name, std::string source) {
  if (const auto isa = kernels::parse_isa(name)) return {*isa, std::move(source)};
  throw ConfigError(source + " is '" + std::string(name) +
                    "', expected scalar, avx2, avx512 or avx512_vnni; this CPU has " +
                    names_of(kernels::supported_tables()));
}

std::optional<IsaRequest> isa_of_environment() {
  const char* value = std::getenv(kVariable);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return parse_isa_request(value, std::string("environment variable ") + kVariable);
}

IsaRequest choose_isa(const IsaRequests& requests,
                      std::span<const kernels::KernelTable> available) {
  for (const auto* request : {&requests.flag, &requests.environment, &requests.file}) {
    if (!*request) continue;
    if (std::ranges::any_of(available,
                            [&](const auto& table) { return table.isa == (*request)->isa; }))
      return **request;
    throw ConfigError(
        (*request)->source + " is '" + std::string(kernels::isa_name((*request)->isa)) +
        "', which this CPU or its operating system lacks; it has " + names_of(available));
  }
  return {available.back().isa, "the best this CPU has"};
}

}  // namespace filigree::serve
