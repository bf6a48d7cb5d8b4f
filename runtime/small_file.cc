#include "runtime/small_file.h"

#include <fstream>

namespace filigree::runtime {

std::optional<std::string> read_small_file(const std::filesystem::path& file) {
  constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  std::string text;
  char block[4096];
  while (text.size() < kMaxBytes && (stream.read(block, sizeof block), stream.gcount() > 0))
    text.append(block, static_cast<std::size_t>(stream.gcount()));
  if (stream.bad()) return std::nullopt;
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string excerpt(std::string_view text) {
  constexpr std::size_t kMaxBytes = 40;
  std::string line(text.substr(0, kMaxBytes));
  while (!line.empty() && line.back() == '\n') line.pop_back();
  for (char& c : line)
    if (c < ' ' || c > '~') c = '?';
  return "'" + line + (text.size() > kMaxBytes ? "...'" : "'");
}

}  // namespace filigree::runtime
