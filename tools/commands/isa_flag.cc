#include "tools/commands/isa_flag.h"

#include <utility>

namespace filigree::tools {

Flag isa_flag() {
  static constexpr const char* kNames = "scalar, avx2, avx512 or avx512_vnni";
  return {"isa", "NAME", std::string(kNames) + " (default: FILIGREE_ISA, or the best this CPU has)",
          kNames};
}

serve::IsaRequest chosen_isa(const Arguments& arguments,
                             std::optional<serve::IsaRequest> configured) {
  serve::IsaRequests requests;
  if (const auto name = arguments.text("isa"))
    requests.flag = serve::parse_isa_request(*name, "flag '--isa'");
  requests.environment = serve::isa_of_environment();
  requests.file = std::move(configured);
  return serve::choose_isa(requests);
}

}  // namespace filigree::tools
