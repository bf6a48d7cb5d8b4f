// The server's log: one line a message on stderr, `2026-01-31T12:00:00.123Z info text`, or as JSON.
// Never waits for whoever reads it (serve/line_file.h). Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace filigree::serve {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning" (also "warn"), "error" (also "critical" and "fatal").
std::optional<LogLevel> parse_log_level(std::string_view name) noexcept;

// kJson: {"time":...,"level":...,"message":...,"request_id":...,"trace_id":...}, without the
// members that there is nothing for.
enum class LogFormat { kText, kJson };

// Messages below `level` are dropped. Until they are set: kInfo and kText.
void set_log_level(LogLevel level) noexcept;
void set_log_format(LogFormat format) noexcept;
bool log_enabled(LogLevel level) noexcept;

// The request that a message is about; empty: none.
struct LogSubject {
  std::string_view request_id = {};
  std::string_view trace_id = {};
};

// Control characters in `message` are written as `\xNN` (JSON: \u00NN), so that one message stays
// one line. As text, what it is about stands before it: "request ID, trace ID: message".
void log(LogLevel level, std::string_view message);
void log(LogLevel level, const LogSubject& subject, std::string_view message);

// Messages that could not be written: nobody reads, or no room on the disk.
std::uint64_t dropped_log_lines();

// "2026-01-31T12:00:00.123Z", for other logs.
std::string log_time();

}  // namespace filigree::serve
