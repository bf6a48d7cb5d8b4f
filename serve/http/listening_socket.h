// The address that the server listens on: of TCP, or a Unix socket.
#pragma once

#include <sys/types.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "serve/config/server_options.h"

namespace filigree::serve {

using PlainAcceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

// The file of a Unix socket; removed with this object unless another one is there by then.
class SocketFile {
 public:
  explicit SocketFile(std::string path);
  ~SocketFile();
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&&) = delete;

 private:
  std::string path_;  // empty: nothing to remove
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct ListeningSocket {
  PlainAcceptor acceptor;
  std::uint16_t port = 0;  // 0: a Unix socket
  std::optional<SocketFile> file = {};
};

// Listens on options.uds if it is set, else on host and port; "::" answers IPv4 too. The file of a
// Unix socket that nobody listens on any more is replaced. Throws BindError naming the address.
ListeningSocket listen_on(boost::asio::io_context& context, const ServerOptions& options);

}  // namespace filigree::serve
