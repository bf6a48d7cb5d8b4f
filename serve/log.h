// The server's log: one line a message on stderr, `2026-01-31T12:00:00.123Z info text`.
// Thread-safe.
#pragma once

#include <optional>
#include <string_view>

namespace filigree::serve {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning" (also "warn"), "error" (also "critical" and "fatal").
std::optional<LogLevel> parse_log_level(std::string_view name) noexcept;

// Messages below `level` are dropped. The level is kInfo until it is set.
void set_log_level(LogLevel level) noexcept;
bool log_enabled(LogLevel level) noexcept;

// Control characters in `message` are written as `\xNN`, so that one message stays one line.
void log(LogLevel level, std::string_view message);

}  // namespace filigree::serve
