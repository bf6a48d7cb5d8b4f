#include "tests/serve/tls_client.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

namespace filigree::serve {
namespace {

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

}  // namespace

TlsClient::TlsClient(std::uint16_t port, const TlsClientOptions& options)
    : TlsClient(connected_socket(port), "port " + std::to_string(port), options) {}
TlsClient::TlsClient(const std::string& path, const TlsClientOptions& options)
    : TlsClient(connected_socket(path), path, options) {}

TlsClient::TlsClient(int socket, const std::string& address, const TlsClientOptions& options)
    : BlockingClient(socket, address),
      context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
      ssl_(nullptr, SSL_free) {
  prepare(context_.get(), options);
  ssl_.reset(SSL_new(context_.get()));
  X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), "127.0.0.1");
  SSL_set_fd(ssl_.get(), socket);
  if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error(last_error());
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

std::ptrdiff_t TlsClient::receive_some(std::span<char> bytes) {
  ERR_clear_error();
  return SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
}

bool TlsClient::farewell() {
  return !next() && (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

}  // namespace filigree::serve
