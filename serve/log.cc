#include "serve/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <string>
#include <utility>

#include "serve/json.h"
#include "serve/line_file.h"

namespace filigree::serve {
namespace {

std::atomic<LogLevel> minimum{LogLevel::kInfo};
std::atomic<LogFormat> format{LogFormat::kText};

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};

struct Output {
  std::mutex mutex;
  LineFile file{STDERR_FILENO};
};

// Never destroyed: threads may log while the process ends.
Output& output() {
  static Output& instance = *new Output;
  return instance;
}

void append_plain(std::string& line, std::string_view message) {
  for (const char byte : message) {
    const auto value = static_cast<unsigned char>(byte);
    if (value >= 0x20 && value != 0x7f) {
      line.push_back(byte);
      continue;
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    line.append("\\x").append(1, kDigits[value / 16]).append(1, kDigits[value % 16]);
  }
}

std::string text_line(LogLevel level, const LogSubject& subject, std::string_view message) {
  std::string line = log_time();
  line.append(" ").append(kNames[static_cast<std::size_t>(level)]).append(" ");
  if (!subject.request_id.empty()) {
    line.append("request ").append(subject.request_id);
    if (!subject.trace_id.empty()) line.append(", trace ").append(subject.trace_id);
    line.append(": ");
  }
  append_plain(line, message);
  line.push_back('\n');
  return line;
}

std::string json_line(LogLevel level, const LogSubject& subject, std::string_view message) {
  Json json = Json::object({{"time", log_time()},
                            {"level", kNames[static_cast<std::size_t>(level)]},
                            {"message", message}});
  if (!subject.request_id.empty()) json.add("request_id", subject.request_id);
  if (!subject.trace_id.empty()) json.add("trace_id", subject.trace_id);
  return to_text(json) + "\n";
}

}  // namespace

std::string log_time() {
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
void set_log_format(LogFormat chosen) noexcept { format = chosen; }

bool log_enabled(LogLevel level) noexcept { return level >= minimum.load(); }

void log(LogLevel level, std::string_view message) { log(level, LogSubject{}, message); }

void log(LogLevel level, const LogSubject& subject, std::string_view message) {
  if (!log_enabled(level)) return;
  const std::string line = format.load() == LogFormat::kJson ? json_line(level, subject, message)
                                                             : text_line(level, subject, message);
  Output& out = output();
  const std::lock_guard lock(out.mutex);
  out.file.write(line);
}

std::uint64_t dropped_log_lines() {
  Output& out = output();
  const std::lock_guard lock(out.mutex);
  return out.file.dropped();
}

}  // namespace filigree::serve
