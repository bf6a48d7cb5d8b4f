// The text form in which Prometheus reads metrics.
#pragma once

#include <string>
#include <string_view>

namespace filigree::serve::prometheus {

// For a label value in quotes.
std::string escaped(std::string_view value);

// The shortest decimal that reads back as `value`.
std::string number(double value);

// The lines before the series of a metric.
void head(std::string& text, std::string_view name, std::string_view type, std::string_view help);

// "series value"; the series may have labels.
void line(std::string& text, const std::string& series, const std::string& value);

}  // namespace filigree::serve::prometheus
