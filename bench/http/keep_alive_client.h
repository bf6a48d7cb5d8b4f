// One blocking keep-alive connection to a server on loopback, cheap enough to measure it with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace filigree::bench {

class KeepAliveClient {
 public:
  explicit KeepAliveClient(std::uint16_t port);  // throws std::system_error
  ~KeepAliveClient();
  KeepAliveClient(KeepAliveClient&& other) noexcept;
  KeepAliveClient& operator=(KeepAliveClient&&) = delete;

  void send(std::string_view request);
  // Waits for one response and returns its head, which stays valid until the next call. Throws
  // std::runtime_error unless its status is 200 and it has a Content-Length.
  std::string_view receive();

 private:
  int socket_ = -1;
  std::string received_;
};

// The number of `name` (lower case, with colon: "x-inference-time:") in a head; throws
// std::runtime_error when it is not there.
double number_of(std::string_view head, std::string_view name);

std::string get_request(const std::string& path);
std::string post_request(const std::string& path, const std::string& body);

}  // namespace filigree::bench
