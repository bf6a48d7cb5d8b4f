// Where the server listens, whom it answers and what it allows a client.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "serve/log.h"

namespace filigree::serve {

struct ServerOptions {
  std::string host = "0.0.0.0";      // an IPv4 or IPv6 address, or a name that resolves to one
  std::uint16_t port = 5543;         // 0: any free one
  std::string uds;                   // a Unix socket to listen on instead; empty: host and port
  std::optional<unsigned> uds_mode;  // its permissions; nullopt: what the umask leaves

  // PEM files: the certificate (then those that signed it) and its key make the server speak TLS;
  // with tls_client_ca it asks every client for a certificate that one of these has signed.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  // How often these files are looked at for changes.
  std::chrono::milliseconds tls_reload_interval{1000};

  std::vector<std::string> api_keys;      // empty: everybody may ask; see parse_api_key()
  std::vector<std::string> cors_origins;  // that pages may ask from; "*": all; empty: only our own

  std::size_t max_body_bytes = 2 << 20;
  std::size_t max_header_bytes = 16 << 10;
  std::size_t max_connections = 1024;               // further ones are told so and closed
  std::chrono::milliseconds idle_timeout{60'000};   // a connection that waits for a request
  std::chrono::milliseconds read_timeout{20'000};   // from the first byte of a request to its last
  std::chrono::milliseconds write_timeout{20'000};  // one response
  std::chrono::milliseconds drain_timeout{
      30'000};  // stop() refuses what is not answered after this

  std::size_t max_request_tokens = 0;    // after tokenising; 0: any
  std::size_t max_client_batch = 16384;  // texts of a request (times labels), or rows
  std::size_t max_queue_requests = 512;  // that wait for the engine
  std::size_t max_queue_tokens = std::size_t{4} << 20;  // of them
  std::chrono::milliseconds request_timeout{0};  // of requests that do not say theirs; 0: none
  bool strict = false;  // the server does not start with a model that cannot be served
  std::optional<std::size_t> max_memory;  // bytes of all models; nullopt: all are loaded and stay
  std::chrono::milliseconds load_timeout{30'000};  // a request waits for its model to be loaded

  LogFormat log_format = LogFormat::kText;
  std::string access_log;  // a file; "-": stdout; empty: none

  bool admin = false;                // POST and DELETE of /endpoints are allowed without a key
  std::filesystem::path model_root;  // what POST /endpoints may load lies in here; empty: nothing
  // How often the configuration file is looked at for changes; nullopt: it is not read again.
  std::optional<std::chrono::milliseconds> reload_interval;

  std::string build_commit = "unknown";  // of the program, for whoever looks at the metrics

  bool operator==(const ServerOptions&) const = default;
};

}  // namespace filigree::serve
