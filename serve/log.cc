#include "serve/log.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>

namespace filigree::serve {
namespace {

std::atomic<LogLevel> minimum{LogLevel::kInfo};

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};

std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%s.%03dZ", date.data(), static_cast<int>(milliseconds));
  return text.data();
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) noexcept {
  constexpr std::pair<std::string_view, LogLevel> kLevels[] = {
      {"debug", LogLevel::kDebug},     {"info", LogLevel::kInfo},   {"warn", LogLevel::kWarning},
      {"warning", LogLevel::kWarning}, {"error", LogLevel::kError}, {"critical", LogLevel::kError},
      {"fatal", LogLevel::kError}};
  for (const auto& [known, level] : kLevels)
    if (name == known) return level;
  return std::nullopt;
}

void set_log_level(LogLevel level) noexcept { minimum = level; }

bool log_enabled(LogLevel level) noexcept { return level >= minimum.load(); }

void log(LogLevel level, std::string_view message) {
  if (!log_enabled(level)) return;
  std::string line = utc_now();
  line.append(" ").append(kNames[static_cast<std::size_t>(level)]).append(" ");
  for (const char byte : message) {
    const auto value = static_cast<unsigned char>(byte);
    if (value >= 0x20 && value != 0x7f) {
      line.push_back(byte);
      continue;
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    line.append("\\x").append(1, kDigits[value / 16]).append(1, kDigits[value % 16]);
  }
  line.push_back('\n');
  // One call for the whole line: lines of several threads do not mix.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace filigree::serve
