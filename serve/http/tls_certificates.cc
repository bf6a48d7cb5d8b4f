#include "serve/http/tls_certificates.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/error.hpp>
#include <chrono>
#include <utility>
#include <variant>

#include "serve/config/config.h"
#include "serve/http/settled_watch.h"
#include "serve/http/tls_context.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

// The files, or why they cannot be read.
using Content = std::variant<TlsFiles, std::string>;

Content content_of(const ServerOptions& options) {
  try {
    return read_tls_files(options);
  } catch (const ConfigError& error) {
    return std::string(error.what());
  }
}

std::shared_ptr<boost::asio::ssl::context> context_of(const Content& content) {
  if (const auto* fault = std::get_if<std::string>(&content)) throw ConfigError(*fault);
  return tls_context(std::get<TlsFiles>(content));
}

void warn_of_expiry(const ServerOptions& options, std::int64_t expires) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (expires < now)
    log(LogLevel::kWarning, "tls_cert: the certificate in " + options.tls_cert + " has expired");
}

}  // namespace

std::string metrics_text(const TlsStatus& status) {
  return "# HELP filigree_tls_reloads_total Changes of the files of certificate and key.\n"
         "# TYPE filigree_tls_reloads_total counter\n"
         "filigree_tls_reloads_total{result=\"applied\"} " +
         std::to_string(status.applied) + "\nfiligree_tls_reloads_total{result=\"refused\"} " +
         std::to_string(status.refused) +
         "\n# HELP filigree_tls_last_reload_successful 0 when the files are not what is shown.\n"
         "# TYPE filigree_tls_last_reload_successful gauge\n"
         "filigree_tls_last_reload_successful " +
         (status.error.empty() ? "1" : "0") +
         "\n# HELP filigree_tls_certificate_expiry_seconds When it expires, since 1970.\n"
         "# TYPE filigree_tls_certificate_expiry_seconds gauge\n"
         "filigree_tls_certificate_expiry_seconds " +
         std::to_string(status.expires) +
         "\n# HELP filigree_tls_failed_handshakes_total Connections that never could ask.\n"
         "# TYPE filigree_tls_failed_handshakes_total counter\n"
         "filigree_tls_failed_handshakes_total " +
         std::to_string(status.failed_handshakes) + "\n";
}

bool is_plain_request(const boost::system::error_code& error) noexcept {
  if (error.category() != boost::asio::error::get_ssl_category()) return false;
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  return reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST;
}

std::unique_ptr<TlsCertificates> tls_certificates(const ServerOptions& options) {
  if (!options.tls_cert.empty()) return std::make_unique<TlsCertificates>(options);
  if (!options.tls_key.empty())
    throw ConfigError("tls_key is '" + options.tls_key + "', but there is no tls_cert");
  if (!options.tls_client_ca.empty())
    throw ConfigError("tls_client_ca is '" + options.tls_client_ca + "', but there is no tls_cert");
  return nullptr;
}

TlsCertificates::TlsCertificates(const ServerOptions& options) : options_(options) {
  TlsFiles files = read_tls_files(options);
  context_ = tls_context(files);
  status_.expires = expiry_of(*context_);
  warn_of_expiry(options_, status_.expires);
  thread_ = std::jthread(
      [this, first = std::move(files)](const std::stop_token& stop) { watch(stop, first); });
}

TlsCertificates::~TlsCertificates() = default;

std::shared_ptr<boost::asio::ssl::context> TlsCertificates::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

TlsStatus TlsCertificates::status() const {
  const std::lock_guard lock(mutex_);
  TlsStatus status = status_;
  status.failed_handshakes = failed_handshakes_;
  return status;
}

void TlsCertificates::watch(const std::stop_token& stop, const TlsFiles& first) {
  const auto show_or_refuse = [this](const Content& content) {
    try {
      show(context_of(content));
    } catch (const std::exception& error) {
      refuse(error.what());
    }
  };
  watch_settled(
      stop, options_.tls_reload_interval, Content(first), [this] { return content_of(options_); },
      show_or_refuse);
}

void TlsCertificates::show(std::shared_ptr<boost::asio::ssl::context> context) {
  const std::int64_t expires = expiry_of(*context);
  log(LogLevel::kInfo,
      "new connections see the certificate that " + options_.tls_cert + " has now");
  warn_of_expiry(options_, expires);
  const std::lock_guard lock(mutex_);
  context_ = std::move(context);
  ++status_.applied;
  status_.expires = expires;
  status_.error.clear();
}

void TlsCertificates::refuse(const std::string& why) {
  log(LogLevel::kError, "the files of the certificate have changed, the old one is kept: " + why);
  const std::lock_guard lock(mutex_);
  ++status_.refused;
  status_.error = why;
}

}  // namespace filigree::serve
