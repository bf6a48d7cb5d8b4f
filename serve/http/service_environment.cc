#include "serve/http/service_environment.h"

#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "serve/config/config.h"

namespace filigree::serve {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

[[noreturn]] void fail(const std::string& name, const std::string& found,
                       const std::string& expected) {
  throw ConfigError("environment variable " + name + " is '" + found + "', expected " + expected);
}

std::int64_t number(const char* name, const std::string& text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || value < 1)
    fail(name, text,
         "a whole number from 1 to " + std::to_string(std::numeric_limits<std::int64_t>::max()));
  return value;
}

void check_socket(const std::string& name) {
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if ((name[0] != '/' && name[0] != '@') || name.size() < 2)
    fail("NOTIFY_SOCKET", name, "the absolute path of a Unix socket, or '@' and its abstract name");
  if (name.size() > kLongest)
    fail("NOTIFY_SOCKET", name, "at most " + std::to_string(kLongest) + " bytes");
}

}  // namespace

ServiceEnvironment service_environment() {
  ServiceEnvironment manager;
  const auto socket = variable("NOTIFY_SOCKET");
  if (!socket) return manager;
  check_socket(*socket);
  manager.notify_socket = *socket;
  const auto interval = variable("WATCHDOG_USEC");
  if (!interval) return manager;
  // A service starts others now and then; they inherit the environment, but not the duty.
  const auto process = variable("WATCHDOG_PID");
  if (process && number("WATCHDOG_PID", *process) != ::getpid()) return manager;
  manager.watchdog = std::chrono::microseconds(number("WATCHDOG_USEC", *interval));
  return manager;
}

}  // namespace filigree::serve
