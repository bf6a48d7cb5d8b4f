// A blocking HTTP client over TLS that sends exactly the bytes a test gives it.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/serve/blocking_client.h"
#include "tests/serve/certificates.h"

namespace filigree::serve {

struct TlsClientOptions {
  std::string authority;                        // PEM; whom the client trusts
  std::optional<Certificate> certificate = {};  // that it shows when it is asked
  int lowest_version = TLS1_2_VERSION;
  int highest_version = TLS1_3_VERSION;
};

class TlsClient : public BlockingClient {
 public:
  // Connects to 127.0.0.1 (to a Unix socket) and shakes hands; throws std::runtime_error with
  // OpenSSL's reason when that fails.
  TlsClient(std::uint16_t port, const TlsClientOptions& options);
  TlsClient(const std::string& path, const TlsClientOptions& options);

  std::string version() const;      // "TLSv1.3"
  std::string server_name() const;  // the name in the server's certificate

  bool send(std::string_view bytes) override;

  // Nothing but the end comes; true: with the farewell that tells it from an interruption. close()
  // sends none.
  bool farewell();

 private:
  TlsClient(int socket, const std::string& address, const TlsClientOptions& options);

  std::ptrdiff_t receive_some(std::span<char> bytes) override;

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace filigree::serve
