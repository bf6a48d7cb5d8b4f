// What the server shows to those who connect by TLS, from files that may change while it runs.
#pragma once

#include <atomic>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "serve/config/server_options.h"

namespace boost::asio::ssl {
class context;
}

namespace filigree::serve {

struct TlsFiles;

struct TlsStatus {
  std::size_t applied = 0;            // changes of the files that are shown, or were
  std::size_t refused = 0;            // changes that changed nothing
  std::string error;                  // of the last change; empty: it is shown
  std::int64_t expires = 0;           // the certificate, in seconds since 1970
  std::size_t failed_handshakes = 0;  // connections that never got so far as to ask
};

std::string metrics_text(const TlsStatus& status);

// Whether a handshake failed because the client asks in plain HTTP.
bool is_plain_request(const boost::system::error_code& error) noexcept;

// Reads the files of options.tls_* and looks at them in intervals on a thread of its own. What
// stays the same for one interval, so that certificate and key belong together again, is shown to
// new connections from then on, or nothing changes and the log says why. TLS 1.2 and 1.3.
// Thread-safe.
class TlsCertificates {
 public:
  // Requires options.tls_cert. Throws ConfigError that names the setting, the file and what is
  // wrong with it: not readable, not PEM, an encrypted key, a key that does not belong to the
  // certificate.
  explicit TlsCertificates(const ServerOptions& options);
  ~TlsCertificates();
  TlsCertificates(const TlsCertificates&) = delete;
  TlsCertificates& operator=(const TlsCertificates&) = delete;

  // For the next connection.
  std::shared_ptr<boost::asio::ssl::context> context() const;
  void count_failed_handshake() noexcept { ++failed_handshakes_; }
  TlsStatus status() const;

 private:
  void watch(const std::stop_token& stop, const TlsFiles& first);
  void show(std::shared_ptr<boost::asio::ssl::context> context);
  void refuse(const std::string& why);

  const ServerOptions options_;
  std::atomic<std::size_t> failed_handshakes_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  TlsStatus status_;
  std::jthread thread_;
};

// Null without options.tls_cert. Throws ConfigError, also for the other settings without that one.
std::unique_ptr<TlsCertificates> tls_certificates(const ServerOptions& options);

}  // namespace filigree::serve
