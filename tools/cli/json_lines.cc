#include "tools/cli/json_lines.h"

#include "tokenizer/utf8.h"
#include "tools/cli/json.h"

namespace filigree::tools {
namespace {

std::string repaired(const std::string& text) {
  std::string valid;
  for (std::size_t at = 0; at < text.size();) {
    const auto decoded = tokenizer::decode_utf8(text, at);
    valid += decoded.valid ? text.substr(at, decoded.bytes) : "\xEF\xBF\xBD";
    at += decoded.bytes;
  }
  return valid;
}

}  // namespace

bool next_line(std::istream& in, NumberedLine& line) {
  while (std::getline(in, line.text)) {
    ++line.number;
    if (!is_blank(line.text)) return true;
  }
  return false;
}

bool input_waits(std::istream& in) { return in.good() && in.rdbuf()->in_avail() > 0; }

std::string error_line(std::size_t number, const std::string& message) {
  return serve::to_text(Json::object({{"error", repaired(message)}, {"line", number}}));
}

}  // namespace filigree::tools
