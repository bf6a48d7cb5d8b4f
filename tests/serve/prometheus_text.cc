#include "tests/serve/prometheus_text.h"

#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace filigree::serve {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes a name from the front of `rest`; metrics may have colons.
std::string take_name(std::string_view& rest, bool colons) {
  std::size_t end = 0;
  while (end < rest.size() &&
         (is_letter(rest[end]) || (colons && rest[end] == ':') || (end > 0 && is_digit(rest[end]))))
    ++end;
  if (end == 0) fail("a name is missing");
  const std::string name(rest.substr(0, end));
  rest.remove_prefix(end);
  return name;
}

void take(std::string_view& rest, char expected) {
  if (rest.empty() || rest.front() != expected) fail(std::string("expected '") + expected + "'");
  rest.remove_prefix(1);
}

std::string take_value(std::string_view& rest) {
  take(rest, '"');
  std::string value;
  for (;;) {
    if (rest.empty()) fail("a label has no end");
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') return value;
    if (c != '\\') {
      value.push_back(c);
      continue;
    }
    if (rest.empty()) fail("an escape has no end");
    const char escaped = rest.front();
    rest.remove_prefix(1);
    if (escaped != '\\' && escaped != '"' && escaped != 'n') fail("an unknown escape");
    value.push_back(escaped == 'n' ? '\n' : escaped);
  }
}

Labels take_labels(std::string_view& rest) {
  Labels labels;
  if (rest.empty() || rest.front() != '{') return labels;
  take(rest, '{');
  std::set<std::string> names;
  while (!rest.empty() && rest.front() != '}') {
    if (!labels.empty()) take(rest, ',');
    const std::string name = take_name(rest, false);
    if (!names.insert(name).second) fail("label " + name + " is there twice");
    take(rest, '=');
    labels.emplace_back(name, take_value(rest));
  }
  take(rest, '}');
  return labels;
}

double number(const std::string& text) {
  if (text == "+Inf") return INFINITY;
  if (text == "-Inf") return -INFINITY;
  if (text == "NaN") return NAN;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || !(is_digit(text[0]) || text[0] == '-' || text[0] == '.') || *end != '\0')
    fail("'" + text + "' is no number");
  return value;
}

struct Family {
  std::string type;
  bool has_help = false;
  bool has_samples = false;
};

struct Histogram {
  std::vector<std::pair<double, double>> buckets;  // bound, count
  std::optional<double> sum, count;
};

class Parser {
 public:
  void line(std::string_view text) {
    if (text.starts_with("# HELP ")) return help(text.substr(7));
    if (text.starts_with("# TYPE ")) return type(text.substr(7));
    if (text.empty() || text.starts_with('#')) fail("neither HELP, TYPE nor a sample");
    sample(text);
  }

  void end() const {
    for (const auto& [name, family] : families_)
      if (!family.has_help || family.type.empty()) fail(name + " has no HELP or no TYPE");
    for (const auto& [series, histogram] : histograms_) check(series, histogram);
  }

  PrometheusSamples samples() { return std::move(samples_); }

 private:
  void help(std::string_view rest) {
    Family& family = families_[take_name(rest, true)];
    if (std::exchange(family.has_help, true)) fail("a second HELP");
    if (family.has_samples) fail("HELP behind samples");
    if (!rest.starts_with(' ') || rest.size() < 2) fail("HELP says nothing");
  }

  void type(std::string_view rest) {
    Family& family = families_[take_name(rest, true)];
    take(rest, ' ');
    if (!family.type.empty()) fail("a second TYPE");
    if (family.has_samples) fail("TYPE behind samples");
    static const std::set<std::string_view> kTypes = {"counter", "gauge", "histogram", "summary",
                                                      "untyped"};
    if (!kTypes.contains(rest)) fail("an unknown type");
    family.type = rest;
  }

  void sample(std::string_view rest) {
    const std::string_view whole = rest;
    const std::string name = take_name(rest, true);
    const Labels labels = take_labels(rest);
    const std::string series(whole.substr(0, whole.size() - rest.size()));
    take(rest, ' ');
    const double value = number(std::string(rest));
    if (!samples_.emplace(series, value).second) fail("the series is there twice");
    const std::string family_name = family_of(name);
    Family& family = families_[family_name];
    if (!family.has_help || family.type.empty()) fail("HELP or TYPE does not stand before it");
    if (family.has_samples && family_name != current_) fail("samples of it stood before others");
    family.has_samples = true;
    current_ = family_name;
    if (family.type == "counter" && (!name.ends_with("_total") || !(value >= 0)))
      fail("a counter is not called _total, or negative");
    if (family.type == "histogram") add(family_name, name, labels, value);
  }

  std::string family_of(const std::string& name) const {
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
      if (!name.ends_with(suffix)) continue;
      const std::string stem = name.substr(0, name.size() - suffix.size());
      const auto family = families_.find(stem);
      if (family != families_.end() && family->second.type == "histogram") return stem;
    }
    return name;
  }

  void add(const std::string& family, const std::string& name, const Labels& labels, double value) {
    std::string series = family;
    std::optional<double> bound;
    for (const auto& [label, text] : labels)
      if (label == "le")
        bound = number(text);
      else
        series.append(" ").append(label).append("=").append(text);
    Histogram& histogram = histograms_[series];
    if (name == family + "_bucket") {
      if (!bound) fail("a bucket has no 'le'");
      histogram.buckets.emplace_back(*bound, value);
    } else if (name == family + "_sum") {
      histogram.sum = value;
    } else if (name == family + "_count") {
      histogram.count = value;
    } else {
      fail("no part of a histogram");
    }
  }

  static void check(const std::string& series, const Histogram& histogram) {
    const auto& buckets = histogram.buckets;
    if (buckets.empty() || !std::isinf(buckets.back().first)) fail(series + " has no +Inf");
    for (std::size_t i = 1; i < buckets.size(); ++i)
      if (buckets[i].first <= buckets[i - 1].first || buckets[i].second < buckets[i - 1].second)
        fail(series + ": buckets do not ascend");
    if (!histogram.sum || !histogram.count) fail(series + " has no sum or no count");
    if (*histogram.count != buckets.back().second) fail(series + ": +Inf is not the count");
  }

  std::map<std::string, Family> families_;
  std::map<std::string, Histogram> histograms_;
  PrometheusSamples samples_;
  std::string current_;
};

}  // namespace

std::variant<PrometheusSamples, std::string> parse_prometheus(std::string_view text) {
  Parser parser;
  std::size_t line = 0;
  try {
    while (!text.empty()) {
      ++line;
      const std::size_t end = text.find('\n');
      if (end == std::string_view::npos) fail("no line end");
      parser.line(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    parser.end();
  } catch (const std::runtime_error& error) {
    return "line " + std::to_string(line) + ": " + error.what();
  }
  return parser.samples();
}

}  // namespace filigree::serve
