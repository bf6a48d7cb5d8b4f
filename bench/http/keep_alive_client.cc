#include "bench/http/keep_alive_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace filigree::bench {
namespace {

[[noreturn]] void fail(const char* step) {
  throw std::system_error(errno, std::generic_category(), step);
}

// Where the value of `name` begins; npos: it is not there.
std::size_t find_field(std::string_view head, std::string_view name) {
  const auto found =
      std::search(head.begin(), head.end(), name.begin(), name.end(),
                  [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  if (found == head.end()) return std::string_view::npos;
  return static_cast<std::size_t>(found - head.begin()) + name.size();
}

}  // namespace

double number_of(std::string_view head, std::string_view name) {
  const std::size_t value = find_field(head, name);
  if (value == std::string_view::npos)
    throw std::runtime_error("no " + std::string(name) + " in " + std::string(head));
  return std::strtod(std::string(head.substr(value, 32)).c_str(), nullptr);
}

KeepAliveClient::KeepAliveClient(std::uint16_t port) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) fail("socket");
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) != 0)
    fail("connect");
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

KeepAliveClient::~KeepAliveClient() {
  if (socket_ >= 0) ::close(socket_);
}

KeepAliveClient::KeepAliveClient(KeepAliveClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), received_(std::move(other.received_)) {}

void KeepAliveClient::send(std::string_view request) {
  while (!request.empty()) {
    const ::ssize_t sent = ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string_view KeepAliveClient::receive() {
  received_.clear();
  std::size_t head = std::string::npos;
  std::size_t whole = std::string::npos;
  while (received_.size() < whole) {
    std::array<char, 16384> part;
    const ::ssize_t bytes = ::recv(socket_, part.data(), part.size(), 0);
    if (bytes < 0) fail("receive");
    if (bytes == 0) throw std::runtime_error("the server closed the connection");
    received_.append(part.data(), static_cast<std::size_t>(bytes));
    if (head != std::string::npos) continue;
    head = received_.find("\r\n\r\n");
    if (head == std::string::npos) continue;
    head += 4;
    const std::string_view text = std::string_view(received_).substr(0, head);
    if (text.substr(8, 5) != " 200 ") throw std::runtime_error("answer: " + received_);
    whole = head + static_cast<std::size_t>(number_of(text, "content-length:"));
  }
  return std::string_view(received_).substr(0, head);
}

std::string get_request(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string post_request(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace filigree::bench
