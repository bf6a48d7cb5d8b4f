#include "serve/http/listening_socket.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "serve/http/server.h"

namespace filigree::serve {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Local = asio::local::stream_protocol;

[[noreturn]] void fail(const std::string& address, const std::string& reason) {
  throw BindError("cannot listen on " + address + ": " + reason);
}

std::string address_text(const ServerOptions& options) {
  const bool bare_ipv6 = options.host.find(':') != std::string::npos;
  return (bare_ipv6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
}

tcp::endpoint resolve(asio::io_context& context, const ServerOptions& options) {
  error_code error;
  const auto address = asio::ip::make_address(options.host, error);
  if (!error) return {address, options.port};
  tcp::resolver resolver(context);
  const auto found =
      resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
  if (error) fail(address_text(options), error.message());
  return found.begin()->endpoint();
}

ListeningSocket listen_on_port(asio::io_context& context, const ServerOptions& options) {
  const tcp::endpoint endpoint = resolve(context, options);
  tcp::acceptor acceptor(context);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  // Without it the port of a server that has just ended stays busy for a minute.
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address() == asio::ip::address_v6::any())
    acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::socket::max_listen_connections, error);
  const std::uint16_t port = error ? std::uint16_t{0} : acceptor.local_endpoint(error).port();
  if (error) fail(address_text(options), error.message());
  return {PlainAcceptor(std::move(acceptor)), port};
}

// A server that was killed leaves its file behind; one that lives accepts a connection.
void remove_stale_file(asio::io_context& context, const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return;  // binding tells whatever else is wrong
  if (!S_ISSOCK(found.st_mode)) fail("unix:" + path, "a file that is not a socket is there");
  Local::socket probe(context);
  error_code error;
  probe.connect(Local::endpoint(path), error);
  if (!error) fail("unix:" + path, "another server listens there");
  if (error != asio::error::connection_refused)
    fail("unix:" + path, "a socket is there, and asking it fails: " + error.message());
  if (::unlink(path.c_str()) != 0)
    fail("unix:" + path, std::string("the old socket cannot be removed: ") + std::strerror(errno));
}

ListeningSocket listen_on_file(asio::io_context& context, const ServerOptions& options) {
  const std::string& path = options.uds;
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() > kLongest)
    fail("unix:" + path, "the path has " + std::to_string(path.size()) + " bytes, at most " +
                             std::to_string(kLongest) + " are possible");
  remove_stale_file(context, path);
  Local::acceptor acceptor(context);
  error_code error;
  acceptor.open(Local(), error);
  if (!error) acceptor.bind(Local::endpoint(path), error);
  if (error) fail("unix:" + path, error.message());
  SocketFile file(path);
  // Nobody can connect before listen(), so nobody can with the permissions of the umask.
  if (options.uds_mode && ::chmod(path.c_str(), *options.uds_mode) != 0)
    fail("unix:" + path, std::string("its permissions cannot be set: ") + std::strerror(errno));
  acceptor.listen(Local::socket::max_listen_connections, error);
  if (error) fail("unix:" + path, error.message());
  return {PlainAcceptor(std::move(acceptor)), 0, std::move(file)};
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat found {};
  if (::lstat(path_.c_str(), &found) != 0) {
    path_.clear();
    return;
  }
  device_ = found.st_dev;
  inode_ = found.st_ino;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

SocketFile::~SocketFile() {
  if (path_.empty()) return;
  struct stat found {};
  if (::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_)
    ::unlink(path_.c_str());
}

ListeningSocket listen_on(boost::asio::io_context& context, const ServerOptions& options) {
  return options.uds.empty() ? listen_on_port(context, options) : listen_on_file(context, options);
}

}  // namespace filigree::serve
