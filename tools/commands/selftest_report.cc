#include "tools/commands/selftest_report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "tools/cli/json.h"

namespace filigree::tools {
namespace {

std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", seconds);
  return text.data();
}

}  // namespace

bool all_the_same(const SelftestReport& report) {
  return std::ranges::none_of(
      report.checks, [](const CheckResult& check) { return check.difference.has_value(); });
}

std::string table_text(const SelftestReport& report) {
  std::string text = "instruction sets: ";
  for (const std::string& isa : report.isas) text += (isa == report.isas.front() ? "" : ", ") + isa;
  text += "\n\n";
  std::size_t width = 0;
  for (const CheckResult& check : report.checks) width = std::max(width, check.name.size());
  for (const CheckResult& check : report.checks) {
    const std::string runs = std::to_string(check.runs);
    text += check.name + std::string(width - check.name.size() + 2, ' ') +
            std::string(runs.size() < 5 ? 5 - runs.size() : 0, ' ') + runs + " runs  " +
            (check.difference ? "DIFFERENT" : "the same bits") + "\n";
  }
  text += "\n";
  for (const CheckResult& check : report.checks)
    if (check.difference) text += *check.difference + "\n";
  return text + (all_the_same(report) ? "the same bits everywhere" : "NOT the same bits") + ", " +
         seconds_text(report.seconds) + "\n";
}

std::string json_text(const SelftestReport& report) {
  Json isas = Json::array({});
  for (const std::string& isa : report.isas) isas.add(isa);
  Json checks = Json::array({});
  for (const CheckResult& check : report.checks)
    checks.add(Json::object({{"name", check.name},
                             {"runs", check.runs},
                             {"same", !check.difference.has_value()},
                             {"difference", check.difference ? Json(*check.difference) : Json()}}));
  return serve::to_text(Json::object({{"same", all_the_same(report)},
                                      {"isas", std::move(isas)},
                                      {"checks", std::move(checks)},
                                      {"seconds", report.seconds}})) +
         "\n";
}

}  // namespace filigree::tools
