#include "tests/serve/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace filigree::serve {
namespace {

// A socket connected to `address`, or -1.
template <class Address>
int connected_to(const Address& address, int family) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
    return socket;
  ::close(socket);
  return -1;
}

int connected_socket(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connected_to(address, AF_INET);
}

int connected_socket_over_ipv6(std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  return connected_to(address, AF_INET6);
}

int connected_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return -1;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return connected_to(address, AF_UNIX);
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

Json ClientResponse::json() const {
  auto parsed = parse_json(body);
  Json* value = std::get_if<Json>(&parsed);
  return value != nullptr ? *value : Json();
}

HttpClient::HttpClient(std::uint16_t port)
    : HttpClient(connected_socket(port), "port " + std::to_string(port)) {}

HttpClient HttpClient::over_ipv6(std::uint16_t port) {
  return {connected_socket_over_ipv6(port), "[::1]:" + std::to_string(port)};
}

HttpClient::HttpClient(const std::string& path) : HttpClient(connected_socket(path), path) {}

HttpClient::HttpClient(int socket, const std::string& address) : socket_(socket) {
  if (socket_ < 0) throw std::runtime_error("cannot connect to " + address);
  const timeval patience{.tv_sec = 120, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

HttpClient::~HttpClient() { close(); }

void HttpClient::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void HttpClient::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close();
}

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::optional<char> HttpClient::next() {
  if (used_ == received_.size()) {
    std::array<char, 4096> chunk{};
    const ssize_t count = ::recv(socket_, chunk.data(), chunk.size(), 0);
    if (count <= 0) return std::nullopt;
    received_.assign(chunk.data(), static_cast<std::size_t>(count));
    used_ = 0;
  }
  return received_[used_++];
}

std::string HttpClient::receive_line() {
  std::string line;
  while (const auto c = next()) {
    if (*c == '\n') break;
    if (*c != '\r') line.push_back(*c);
  }
  return line;
}

ClientResponse HttpClient::receive(bool head) {
  ClientResponse response;
  const std::string status = receive_line();
  if (!status.starts_with("HTTP/1.") || status.size() < 12) return response;
  response.status = std::atoi(status.c_str() + 9);
  for (std::string line = receive_line(); !line.empty(); line = receive_line()) {
    const auto colon = line.find(": ");
    if (colon != std::string::npos)
      response.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  if (head) return response;
  const auto header = response.headers.find("content-length");
  const auto length = static_cast<std::size_t>(
      header == response.headers.end() ? 0 : std::atoi(header->second.c_str()));
  while (response.body.size() < length) {
    const auto c = next();
    if (!c) break;
    response.body.push_back(*c);
  }
  return response;
}

bool HttpClient::closed_by_server() {
  if (used_ < received_.size()) return false;
  char byte = 0;
  const ssize_t count = ::recv(socket_, &byte, 1, 0);
  return count == 0 || (count < 0 && errno == ECONNRESET);
}

ClientResponse HttpClient::get(const std::string& path) {
  send("GET " + path + " HTTP/1.1\r\nHost: t\r\n\r\n");
  return receive();
}

ClientResponse HttpClient::post(const std::string& path, const std::string& body) {
  send(post_text(path, body));
  return receive();
}

std::string post_text(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

bool can_connect(std::uint16_t port) {
  const int socket = connected_socket(port);
  if (socket >= 0) ::close(socket);
  return socket >= 0;
}

}  // namespace filigree::serve
