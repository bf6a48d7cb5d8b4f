// A blocking HTTP client over TLS that sends exactly the bytes a test gives it.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/serve/certificates.h"
#include "tests/serve/http_client.h"

namespace filigree::serve {

struct TlsClientOptions {
  std::string authority;                        // PEM; whom the client trusts
  std::optional<Certificate> certificate = {};  // that it shows when it is asked
  int lowest_version = TLS1_2_VERSION;
  int highest_version = TLS1_3_VERSION;
};

class TlsClient {
 public:
  // Connects to 127.0.0.1 (to a Unix socket) and shakes hands; throws std::runtime_error with
  // OpenSSL's reason when that fails. Reads give up after two minutes.
  TlsClient(std::uint16_t port, const TlsClientOptions& options);
  TlsClient(const std::string& path, const TlsClientOptions& options);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  std::string version() const;      // "TLSv1.3"
  std::string server_name() const;  // the name in the server's certificate

  bool send(std::string_view bytes);  // all that the server takes; true: all of it
  ClientResponse receive();           // status 0: the connection ended before a response
  ClientResponse get(const std::string& path);
  ClientResponse post(const std::string& path, const std::string& body);

  // Nothing but the end comes; true: with the farewell that tells it from an interruption.
  bool farewell();
  void close();  // without a farewell

 private:
  TlsClient(int socket, const TlsClientOptions& options);
  std::optional<char> next();
  std::string receive_line();

  int socket_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::string received_;
  std::size_t used_ = 0;
};

}  // namespace filigree::serve
