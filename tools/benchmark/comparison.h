// Two results of `filigree benchmark` (or an earlier one of DeepSparse's), and whether they differ
// by more than they spread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "serve/json.h"

namespace filigree::tools {

// In percent of the earlier value.
struct PercentRange {
  double low = 0, high = 0;
};

struct Change {
  double before = 0, now = 0;
  double percent = 0;  // (now / before - 1) * 100
  // The 5th and 95th percentile of the change from a block of the earlier run to one of this run,
  // over all pairs of blocks. nullopt: one of them has no blocks.
  std::optional<PercentRange> spread;
};

struct BenchmarkComparison {
  Change items_per_sec;
  Change median;                         // latency of a batch
  std::vector<std::string> differences;  // of what was run: "num_cores: 2, now 1"
  std::vector<std::string> notes;        // "the earlier run has no blocks, ..."
};

// `where` names the earlier file. Throws InputError naming the field, what was found and what is
// expected.
BenchmarkComparison compare(const serve::Json& earlier, const serve::Json& now,
                            const std::string& where);

// "faster", "slower", "the same within the spread", "not known: ..." of items_per_sec.
std::string verdict(const BenchmarkComparison& comparison);

std::string comparison_text(const BenchmarkComparison& comparison, const std::string& where);
serve::Json to_json(const BenchmarkComparison& comparison, const std::string& where);

}  // namespace filigree::tools
