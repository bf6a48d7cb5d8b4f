#include "tests/serve/tls_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
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

template <class Address>
int connected_to(const Address& address, int family) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = 120, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
    return socket;
  ::close(socket);
  throw std::runtime_error("cannot connect");
}

int connected_socket(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connected_to(address, AF_INET);
}

int connected_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return connected_to(address, AF_UNIX);
}

std::string last_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  return text.data();
}

// Reads one object of a PEM text and hands it to `use`, which takes a copy or a reference.
template <class Read, class Free, class Use>
void use_pem(const std::string& text, Read read, Free release, const Use& use) {
  BIO* bio = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  auto* object = read(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  const bool used = object != nullptr && use(object) == 1;
  release(object);
  if (!used) throw std::runtime_error(last_error());
}

void prepare(SSL_CTX* context, const TlsClientOptions& options) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_security_level(context, 0);  // so that old versions are refused by the server alone
  SSL_CTX_set_min_proto_version(context, options.lowest_version);
  SSL_CTX_set_max_proto_version(context, options.highest_version);
  use_pem(options.authority, PEM_read_bio_X509, X509_free, [&](X509* authority) {
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
  });
  if (!options.certificate) return;
  use_pem(options.certificate->certificate, PEM_read_bio_X509, X509_free,
          [&](X509* own) { return SSL_CTX_use_certificate(context, own); });
  use_pem(options.certificate->key, PEM_read_bio_PrivateKey, EVP_PKEY_free,
          [&](EVP_PKEY* key) { return SSL_CTX_use_PrivateKey(context, key); });
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

TlsClient::TlsClient(std::uint16_t port, const TlsClientOptions& options)
    : TlsClient(connected_socket(port), options) {}
TlsClient::TlsClient(const std::string& path, const TlsClientOptions& options)
    : TlsClient(connected_socket(path), options) {}

TlsClient::TlsClient(int socket, const TlsClientOptions& options)
    : socket_(socket),
      context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
      ssl_(nullptr, SSL_free) {
  prepare(context_.get(), options);
  ssl_.reset(SSL_new(context_.get()));
  X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), "127.0.0.1");
  SSL_set_fd(ssl_.get(), socket_);
  if (SSL_connect(ssl_.get()) == 1) return;
  const std::string why = last_error();
  close();
  throw std::runtime_error(why);
}

TlsClient::~TlsClient() { close(); }

void TlsClient::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

std::string TlsClient::version() const { return SSL_get_version(ssl_.get()); }

std::string TlsClient::server_name() const {
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_.get())),
                            NID_commonName, name.data(), static_cast<int>(name.size()));
  return name.data();
}

bool TlsClient::send(std::string_view bytes) {
  ERR_clear_error();
  return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
         static_cast<int>(bytes.size());
}

std::optional<char> TlsClient::next() {
  if (used_ == received_.size()) {
    std::array<char, 4096> chunk{};
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), chunk.data(), static_cast<int>(chunk.size()));
    if (count <= 0) return std::nullopt;
    received_.assign(chunk.data(), static_cast<std::size_t>(count));
    used_ = 0;
  }
  return received_[used_++];
}

std::string TlsClient::receive_line() {
  std::string line;
  while (const auto c = next()) {
    if (*c == '\n') break;
    if (*c != '\r') line.push_back(*c);
  }
  return line;
}

ClientResponse TlsClient::receive() {
  ClientResponse response;
  const std::string status = receive_line();
  if (!status.starts_with("HTTP/1.") || status.size() < 12) return response;
  response.status = std::atoi(status.c_str() + 9);
  for (std::string line = receive_line(); !line.empty(); line = receive_line()) {
    const auto colon = line.find(": ");
    if (colon != std::string::npos)
      response.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  const auto length =
      static_cast<std::size_t>(std::atoi(response.headers["content-length"].c_str()));
  while (response.body.size() < length) {
    const auto c = next();
    if (!c) break;
    response.body.push_back(*c);
  }
  return response;
}

bool TlsClient::farewell() {
  return !next() && (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

ClientResponse TlsClient::get(const std::string& path) {
  send("GET " + path + " HTTP/1.1\r\nHost: t\r\n\r\n");
  return receive();
}

ClientResponse TlsClient::post(const std::string& path, const std::string& body) {
  send(post_text(path, body));
  return receive();
}

}  // namespace filigree::serve
