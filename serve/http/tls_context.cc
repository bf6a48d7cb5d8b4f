#include "serve/http/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "serve/config/config.h"

namespace filigree::serve {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr std::size_t kMostBytes = 1 << 20;

[[noreturn]] void fail(const TlsFile& file, const std::string& fault) {
  throw ConfigError(file.setting + ": " + file.path + " " + fault);
}

TlsFile read_file(const std::string& setting, const std::string& path) {
  TlsFile file{.setting = setting, .path = path, .text = {}};
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail(file, std::string("cannot be read: ") + std::strerror(errno));
  file.text.resize(kMostBytes + 1);
  stream.read(file.text.data(), static_cast<std::streamsize>(file.text.size()));
  if (stream.bad()) fail(file, std::string("cannot be read: ") + std::strerror(errno));
  file.text.resize(static_cast<std::size_t>(stream.gcount()));
  if (file.text.size() > kMostBytes)
    fail(file, "has more than " + std::to_string(kMostBytes) + " bytes");
  return file;
}

void use_certificate(ssl::context& context, const TlsFile& file) {
  error_code error;
  context.use_certificate_chain(boost::asio::buffer(file.text), error);
  if (error) fail(file, "holds no certificate that can be used, in PEM: " + error.message());
}

// The callback that OpenSSL has by default would ask on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

bool is_encrypted(const std::string& pem) { return pem.find("ENCRYPTED") != std::string::npos; }

void use_key(ssl::context& context, const TlsFile& file, const TlsFile& certificate) {
  SSL_CTX_set_default_passwd_cb(context.native_handle(), no_passphrase);
  error_code error;
  context.use_private_key(boost::asio::buffer(file.text), ssl::context::pem, error);
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  const bool is_other =
      error && (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH);
  // Of another kind than the certificate's, it is only found out here.
  if (is_other || (!error && SSL_CTX_check_private_key(context.native_handle()) != 1))
    fail(file, "is not the key of the certificate in " + certificate.path);
  if (error && is_encrypted(file.text))
    fail(file, "is encrypted, expected a key without a passphrase");
  if (error) fail(file, "holds no private key that can be used, in PEM: " + error.message());
}

// The names of the authorities are sent to clients, which choose their certificate by them.
void ask_clients(ssl::context& context, const TlsFile& authorities) {
  error_code error;
  context.add_certificate_authority(boost::asio::buffer(authorities.text), error);
  if (error) fail(authorities, "holds no certificate that can be used, in PEM: " + error.message());
  const STACK_OF(X509_OBJECT)* objects =
      X509_STORE_get0_objects(SSL_CTX_get_cert_store(context.native_handle()));
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i)
    SSL_CTX_add_client_CA(context.native_handle(),
                          X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i)));
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
}

}  // namespace

TlsFiles read_tls_files(const ServerOptions& options) {
  TlsFiles files;
  files.certificate = read_file("tls_cert", options.tls_cert);
  files.key = options.tls_key.empty() ? files.certificate : read_file("tls_key", options.tls_key);
  if (!options.tls_client_ca.empty())
    files.client_ca = read_file("tls_client_ca", options.tls_client_ca);
  return files;
}

std::shared_ptr<ssl::context> tls_context(const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* handle = context->native_handle();
  SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION);
  SSL_CTX_set_options(
      handle, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Without it a client with a certificate cannot come back to its session.
  constexpr unsigned char kSessions[] = "filigree";
  SSL_CTX_set_session_id_context(handle, kSessions, sizeof(kSessions) - 1);
  use_certificate(*context, files.certificate);
  use_key(*context, files.key, files.certificate);
  if (!files.client_ca.path.empty()) ask_clients(*context, files.client_ca);
  return context;
}

std::int64_t expiry_of(ssl::context& context) {
  std::tm time{};
  const X509* certificate = SSL_CTX_get0_certificate(context.native_handle());
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return 0;
  return timegm(&time);
}

}  // namespace filigree::serve
