// A blocking HTTP client on a loopback socket that sends exactly the bytes a test gives it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "serve/json.h"

namespace filigree::serve {

struct ClientResponse {
  int status = 0;                              // 0: the connection ended before a response
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  Json json() const;  // of the body; null when it is not JSON
};

class HttpClient {
 public:
  // Connects to 127.0.0.1, or throws std::runtime_error. Reads give up after two minutes.
  explicit HttpClient(std::uint16_t port);
  // Connects to ::1.
  static HttpClient over_ipv6(std::uint16_t port);
  // Connects to a Unix socket.
  explicit HttpClient(const std::string& path);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  bool send(std::string_view bytes);          // all that the server takes; true: all of it
  ClientResponse receive(bool head = false);  // `head`: no body follows the header
  std::string receive_line();
  bool closed_by_server();  // nothing but the end of the stream comes
  void reset();             // closes so that the server sees an error at once
  void close();

  ClientResponse get(const std::string& path);
  ClientResponse post(const std::string& path, const std::string& body);

 private:
  HttpClient(int socket, const std::string& address);

  std::optional<char> next();

  int socket_ = -1;
  std::string received_;
  std::size_t used_ = 0;
};

// POST with a content-length.
std::string post_text(const std::string& path, const std::string& body);

// False when nobody listens on 127.0.0.1 at `port`.
bool can_connect(std::uint16_t port);

}  // namespace filigree::serve
