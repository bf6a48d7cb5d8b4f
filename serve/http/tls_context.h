// PEM texts as a context of OpenSSL, and what is wrong with them.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "serve/config/server_options.h"

namespace filigree::serve {

struct TlsFile {
  std::string setting;  // "tls_cert", for messages
  std::string path;     // empty: none
  std::string text;     // in PEM
  bool operator==(const TlsFile&) const = default;
};

struct TlsFiles {
  TlsFile certificate;  // and those that signed it
  TlsFile key;          // of the certificate; may be in its file
  TlsFile client_ca;    // who may sign the certificates of clients; no path: clients need none
  bool operator==(const TlsFiles&) const = default;
};

// Of options.tls_*. Throws ConfigError for what cannot be read.
TlsFiles read_tls_files(const ServerOptions& options);

// Throws ConfigError that names setting, file and fault.
std::shared_ptr<boost::asio::ssl::context> tls_context(const TlsFiles& files);

// When the certificate of the context expires, in seconds since 1970.
std::int64_t expiry_of(boost::asio::ssl::context& context);

}  // namespace filigree::serve
