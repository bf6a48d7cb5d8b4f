#include "tests/serve/blocking_client.h"

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
#include <utility>

namespace filigree::serve {
namespace {

template <class Address>
int connected_to(const Address& address, int family) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
    return socket;
  ::close(socket);
  return -1;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

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

Json ClientResponse::json() const {
  auto parsed = parse_json(body);
  Json* value = std::get_if<Json>(&parsed);
  return value != nullptr ? *value : Json();
}

BlockingClient::BlockingClient(int socket, const std::string& address) : socket_(socket) {
  if (socket_ < 0) throw std::runtime_error("cannot connect to " + address);
  const timeval patience{.tv_sec = 120, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

BlockingClient::~BlockingClient() { close(); }

void BlockingClient::close() {
  if (const int socket = std::exchange(socket_, -1); socket >= 0) ::close(socket);
}

std::optional<char> BlockingClient::next() {
  if (!has_unread()) {
    std::array<char, 4096> chunk{};
    const std::ptrdiff_t count = receive_some(chunk);
    if (count <= 0) return std::nullopt;
    received_.assign(chunk.data(), static_cast<std::size_t>(count));
    used_ = 0;
  }
  return received_[used_++];
}

std::string BlockingClient::receive_line() {
  std::string line;
  while (const auto c = next()) {
    if (*c == '\n') break;
    if (*c != '\r') line.push_back(*c);
  }
  return line;
}

ClientResponse BlockingClient::receive(bool head) {
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

ClientResponse BlockingClient::get(const std::string& path) {
  send("GET " + path + " HTTP/1.1\r\nHost: t\r\n\r\n");
  return receive();
}

ClientResponse BlockingClient::post(const std::string& path, const std::string& body) {
  send(post_text(path, body));
  return receive();
}

std::string post_text(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace filigree::serve
