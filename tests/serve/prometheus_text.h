// A strict reader of Prometheus' text format 0.0.4, written from its description alone.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace filigree::serve {

// By series as written: `name{label="value"}`.
using PrometheusSamples = std::map<std::string, double>;

// What is wrong, with its line, or the samples. Beyond the format: every metric has a HELP and a
// TYPE before its samples, which stand together; counters are called _total and are not negative;
// buckets of a histogram ascend, are cumulative and end with +Inf, which is _count, and there is a
// _sum.
std::variant<PrometheusSamples, std::string> parse_prometheus(std::string_view text);

}  // namespace filigree::serve
