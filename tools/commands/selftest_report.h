// What `filigree selftest` prints.
#pragma once

#include <string>
#include <vector>

#include "tools/selftest/check.h"

namespace filigree::tools {

struct SelftestReport {
  std::vector<std::string> isas;  // scalar first
  std::vector<CheckResult> checks;
  double seconds = 0;
};

bool all_the_same(const SelftestReport& report);

// A line for each check, the differences below, and the verdict.
std::string table_text(const SelftestReport& report);
std::string json_text(const SelftestReport& report);

}  // namespace filigree::tools
