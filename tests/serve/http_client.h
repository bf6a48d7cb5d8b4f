// A blocking HTTP client on a loopback socket that sends exactly the bytes a test gives it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/serve/blocking_client.h"

namespace filigree::serve {

class HttpClient : public BlockingClient {
 public:
  // Connects to 127.0.0.1, or throws std::runtime_error.
  explicit HttpClient(std::uint16_t port);
  // Connects to ::1.
  static HttpClient over_ipv6(std::uint16_t port);
  // Connects to a Unix socket.
  explicit HttpClient(const std::string& path);

  bool send(std::string_view bytes) override;
  bool closed_by_server();  // nothing but the end of the stream comes
  void reset();             // closes so that the server sees an error at once

 private:
  HttpClient(int socket, const std::string& address);

  std::ptrdiff_t receive_some(std::span<char> bytes) override;
};

// False when nobody listens on 127.0.0.1 at `port`.
bool can_connect(std::uint16_t port);

}  // namespace filigree::serve
