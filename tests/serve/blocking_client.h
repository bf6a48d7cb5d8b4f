// What blocking HTTP clients of tests do whatever carries their bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
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

// A connected socket and the responses that come over it. Reads give up after two minutes.
class BlockingClient {
 public:
  virtual ~BlockingClient();
  BlockingClient(const BlockingClient&) = delete;
  BlockingClient& operator=(const BlockingClient&) = delete;

  virtual bool send(std::string_view bytes) = 0;  // all that the server takes; true: all of it
  ClientResponse receive(bool head = false);      // `head`: no body follows the header
  std::string receive_line();
  void close();

  ClientResponse get(const std::string& path);
  ClientResponse post(const std::string& path, const std::string& body);

 protected:
  // Takes the socket over. Throws std::runtime_error naming `address` when it is -1.
  BlockingClient(int socket, const std::string& address);

  // As ::recv: how many bytes have come; 0 or less: none will.
  virtual std::ptrdiff_t receive_some(std::span<char> bytes) = 0;

  int socket() const noexcept { return socket_; }
  bool has_unread() const noexcept { return used_ < received_.size(); }
  std::optional<char> next();

 private:
  int socket_;
  std::string received_;
  std::size_t used_ = 0;
};

// Sockets connected to 127.0.0.1, to ::1, to a Unix socket; -1: nobody listens there.
int connected_socket(std::uint16_t port);
int connected_socket_over_ipv6(std::uint16_t port);
int connected_socket(const std::string& path);

// POST with a content-length.
std::string post_text(const std::string& path, const std::string& body);

}  // namespace filigree::serve
