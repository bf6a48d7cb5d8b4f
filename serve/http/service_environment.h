// What the service manager that started this process says in the environment.
#pragma once

#include <chrono>
#include <string>

namespace filigree::serve {

struct ServiceEnvironment {
  // NOTIFY_SOCKET: where the manager hears of this process, a path, or '@' and an abstract name;
  // empty: nobody asked.
  std::string notify_socket;
  // WATCHDOG_USEC: the longest time between two signs of life; 0: none are expected.
  std::chrono::microseconds watchdog{0};

  bool operator==(const ServiceEnvironment&) const = default;
};

// The environment as it is now. Throws ConfigError that names the variable.
ServiceEnvironment service_environment();

}  // namespace filigree::serve
