// Commands that read one JSON object a line and answer each by one line, in order.
#pragma once

#include <cstddef>
#include <istream>
#include <string>

namespace filigree::tools {

struct NumberedLine {
  std::size_t number = 0;  // from 1
  std::string text;
};

// The next line that is not blank; false at the end.
bool next_line(std::istream& in, NumberedLine& line);

// True when more input can be read without waiting. False also at the end.
bool input_waits(std::istream& in);

// {"error": "...", "line": 7}, without a newline. `message` that is not UTF-8 is repaired with
// U+FFFD.
std::string error_line(std::size_t number, const std::string& message);

}  // namespace filigree::tools
