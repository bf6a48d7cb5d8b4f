#include "tools/selftest/kernel_checks.h"

#include <bit>

#include "runtime/encoder_trace.h"
#include "tools/selftest/kernel_case.h"

namespace filigree::tools {
namespace {

using kernels::KernelTable;

std::optional<std::size_t> first_difference(const KernelOutput& a, const KernelOutput& b) {
  for (std::size_t i = 0; i < a.values.size(); ++i)
    if (std::bit_cast<std::uint32_t>(a.values[i]) != std::bit_cast<std::uint32_t>(b.values[i]))
      return i;
  return std::nullopt;
}

std::string name_of(const KernelTable& table, const KernelCase::Variant& variant) {
  return std::string(kernels::isa_name(table.isa)) +
         (variant.format.empty() ? "" : " " + variant.format);
}

// Appends to `result`; stops at the first difference.
void run_case(std::span<const KernelTable> tables, const KernelCase& test, CheckResult& result) {
  const KernelCase::Variant& first = test.variants.front();
  const KernelOutput want = first.run(tables.front());
  for (const KernelTable& table : tables)
    for (const KernelCase::Variant& variant : test.variants) {
      if (&table == &tables.front() && &variant == &first) continue;
      const KernelOutput got = variant.run(table);
      ++result.runs;
      const auto at = first_difference(got, want);
      if (!at) continue;
      result.difference =
          test.kernel + ", " + test.inputs + ", token " + std::to_string(*at % want.tokens) +
          ", feature " + std::to_string(*at / want.tokens) + ": " + name_of(table, variant) + " " +
          runtime::bits_text(got.values[*at]) + ", " + name_of(tables.front(), first) + " " +
          runtime::bits_text(want.values[*at]);
      return;
    }
}

}  // namespace

std::vector<CheckResult> check_kernels(std::span<const KernelTable> tables) {
  std::vector<CheckResult> results;
  for (const auto cases : {linear_cases, attention_cases, panel_cases})
    for (const KernelCase& test : cases()) {
      if (results.empty() || results.back().name != test.kernel)
        results.push_back({.name = test.kernel});
      if (!results.back().difference) run_case(tables, test, results.back());
    }
  return results;
}

}  // namespace filigree::tools
