#include "tools/benchmark/comparison.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "tools/benchmark/statistics.h"
#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

using serve::Json;

// What makes two runs comparable. The version and commit usually differ: they are why one compares.
constexpr std::array kSetup = {
    "engine",       "orig_model_path", "batch_size", "scenario", "num_streams",    "num_cores",
    "input_shapes", "input_lengths",   "seed",       "isa",      "thread_pinning", "cpu",
    "version",      "commit"};
constexpr double kLowPercent = 5, kHighPercent = 95;

const Json& member(const Json& object, std::string_view name, const std::string& where) {
  const Json* value = object.find(name);
  if (value == nullptr) throw InputError(where + ": has no field '" + std::string(name) + "'");
  return *value;
}

std::optional<double> number_of(const Json& value) {
  if (const double* number = value.as_double()) return *number;
  if (const std::int64_t* number = value.as_integer()) return static_cast<double>(*number);
  return std::nullopt;
}

double positive(const Json& value, std::string_view name, const std::string& where) {
  const auto number = number_of(value);
  if (number && *number > 0) return *number;
  throw InputError(where + ": field '" + std::string(name) + "' is " +
                   (number ? std::to_string(*number) : "a " + std::string(value.type_name())) +
                   ", expected a number above 0");
}

// Of a run that has them; a file of DeepSparse's has none.
std::vector<double> blocks(const Json& result, std::string_view name, const std::string& where) {
  std::vector<double> values;
  const Json* all = result.find("blocks");
  if (all == nullptr) return values;
  const Json::Array* array = member(*all, name, where + ": blocks").as_array();
  if (array == nullptr)
    throw InputError(where + ": field 'blocks." + std::string(name) + "' has type " +
                     std::string(member(*all, name, where).type_name()) + ", expected an array");
  for (const Json& value : *array)
    values.push_back(positive(value, "blocks." + std::string(name), where));
  return values;
}

double percent_of(double before, double now) { return (now / before - 1) * 100; }

std::optional<PercentRange> spread_of(const std::vector<double>& before,
                                      const std::vector<double>& now) {
  if (before.empty() || now.empty()) return std::nullopt;
  std::vector<double> changes;
  changes.reserve(before.size() * now.size());
  for (const double old_block : before)
    for (const double new_block : now) changes.push_back(percent_of(old_block, new_block));
  std::ranges::sort(changes);
  return PercentRange{percentile(changes, kLowPercent), percentile(changes, kHighPercent)};
}

Change change_of(const Json& earlier, const Json& now, std::string_view name,
                 const std::string& where) {
  const std::string here = "this run";
  Change change;
  change.before = positive(member(earlier, name, where), name, where);
  change.now = positive(member(now, name, here), name, here);
  change.percent = percent_of(change.before, change.now);
  change.spread = spread_of(blocks(earlier, name, where), blocks(now, name, here));
  return change;
}

std::string shown(const Json* value) { return value == nullptr ? "absent" : to_text(*value); }

std::string with_decimals(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string line(const std::string& what, const Change& change) {
  std::string text = what + ": " + with_decimals("%.4f", change.before) + " -> " +
                     with_decimals("%.4f", change.now) + ", " +
                     with_decimals("%+.1f %%", change.percent);
  if (change.spread)
    text += " (spread " + with_decimals("%+.1f %%", change.spread->low) + " to " +
            with_decimals("%+.1f %%", change.spread->high) + ")";
  return text + "\n";
}

Json to_json(const Change& change) {
  Json json =
      Json::object({{"before", change.before}, {"now", change.now}, {"percent", change.percent}});
  if (!change.spread) return json;
  json.add("low_percent", change.spread->low);
  json.add("high_percent", change.spread->high);
  return json;
}

}  // namespace

BenchmarkComparison compare(const Json& earlier, const Json& now, const std::string& where) {
  if (!earlier.is_object())
    throw InputError(where + ": has type " + std::string(earlier.type_name()) +
                     ", expected the object that 'filigree benchmark --export-path' writes");
  const Json& before = member(earlier, "benchmark_result", where);
  const Json& result = member(now, "benchmark_result", "this run");
  BenchmarkComparison comparison;
  comparison.items_per_sec = change_of(before, result, "items_per_sec", where);
  comparison.median = change_of(before, result, "median", where);
  if (!comparison.items_per_sec.spread)
    comparison.notes.push_back("the earlier run has no blocks, so its spread is not known");
  for (const char* name : kSetup) {
    const std::string old_value = shown(earlier.find(name)), new_value = shown(now.find(name));
    if (old_value == new_value) continue;
    comparison.differences.push_back(std::string(name) + ": " + old_value + ", now " + new_value);
  }
  return comparison;
}

std::string verdict(const BenchmarkComparison& comparison) {
  const auto& spread = comparison.items_per_sec.spread;
  if (!spread) return "not known: " + comparison.notes.front();
  if (spread->low > 0) return "faster";
  if (spread->high < 0) return "slower";
  return "the same within the spread";
}

std::string comparison_text(const BenchmarkComparison& comparison, const std::string& where) {
  std::string text = "Compared with " + where + ": " + verdict(comparison) + "\n" +
                     line("  Throughput (items/sec)", comparison.items_per_sec) +
                     line("  Latency Median (ms/batch)", comparison.median);
  for (const std::string& difference : comparison.differences)
    text += "  differs: " + difference + "\n";
  return text;
}

Json to_json(const BenchmarkComparison& comparison, const std::string& where) {
  Json::Array differences;
  for (const std::string& difference : comparison.differences) differences.emplace_back(difference);
  return Json::object({{"file", where},
                       {"verdict", verdict(comparison)},
                       {"items_per_sec", to_json(comparison.items_per_sec)},
                       {"median", to_json(comparison.median)},
                       {"differences", std::move(differences)}});
}

}  // namespace filigree::tools
