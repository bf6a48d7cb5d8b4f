#include "tests/serve/http_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace filigree::serve {

HttpClient::HttpClient(std::uint16_t port)
    : HttpClient(connected_socket(port), "port " + std::to_string(port)) {}

HttpClient HttpClient::over_ipv6(std::uint16_t port) {
  return {connected_socket_over_ipv6(port), "[::1]:" + std::to_string(port)};
}

HttpClient::HttpClient(const std::string& path) : HttpClient(connected_socket(path), path) {}

HttpClient::HttpClient(int socket, const std::string& address) : BlockingClient(socket, address) {}

void HttpClient::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close();
}

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::ptrdiff_t HttpClient::receive_some(std::span<char> bytes) {
  return ::recv(socket(), bytes.data(), bytes.size(), 0);
}

bool HttpClient::closed_by_server() {
  if (has_unread()) return false;
  char byte = 0;
  const ssize_t count = ::recv(socket(), &byte, 1, 0);
  return count == 0 || (count < 0 && errno == ECONNRESET);
}

bool can_connect(std::uint16_t port) {
  const int socket = connected_socket(port);
  if (socket >= 0) ::close(socket);
  return socket >= 0;
}

}  // namespace filigree::serve
