#include "serve/config/server_settings.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "serve/config/byte_size.h"
#include "serve/config/config.h"
#include "serve/tasks/request_fields.h"

namespace filigree::serve {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t kMostBytes = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMostTokens = std::size_t{1} << 40;
constexpr std::size_t kDay = 24 * 60 * 60 * 1000;  // milliseconds

[[noreturn]] void fail(const std::string& source, std::string_view found,
                       const std::string& expected) {
  throw ConfigError(source + " is '" + std::string(found) + "', expected " + expected);
}

std::size_t number(std::string_view text, std::size_t least, std::size_t most,
                   const std::string& source, int base = 10) {
  std::size_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, base);
  if (read.ec != std::errc() || read.ptr != end || value < least || value > most)
    fail(source, text,
         base == 8
             ? "permissions in octal, for example 0660"
             : "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return value;
}

template <auto kMember, std::size_t kLeast, std::size_t kMost>
void set_number(ServerOptions& options, std::string_view text, const std::string& source) {
  auto& member = options.*kMember;
  using Value = std::remove_reference_t<decltype(member)>;
  member = static_cast<Value>(number(text, kLeast, kMost, source));
}

template <auto kMember>
Json get_number(const ServerOptions& options) {
  const auto& member = options.*kMember;
  if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(member)>>)
    return member;
  else
    return static_cast<std::int64_t>(member.count());
}

// From whatever folder it is read again.
Json absolute(const std::string& path) {
  std::error_code ignored;
  return path.empty() ? Json() : Json(std::filesystem::absolute(path, ignored).string());
}

Json get_uds(const ServerOptions& options) { return absolute(options.uds); }

template <auto kMember>
void set_file(ServerOptions& options, std::string_view text, const std::string& source) {
  if (text.empty()) fail(source, text, "the path of a file");
  options.*kMember = text;
}

template <auto kMember>
Json get_file(const ServerOptions& options) {
  return absolute(options.*kMember);
}

Json get_uds_mode(const ServerOptions& options) {
  if (!options.uds_mode) return {};
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", *options.uds_mode);
  return text.data();
}

Json get_nothing(const ServerOptions&) { return {}; }

Json get_cors_origins(const ServerOptions& options) {
  if (options.cors_origins.empty()) return {};
  Json list = Json::array({});
  for (const std::string& origin : options.cors_origins) list.add(origin);
  return list;
}

Json get_log_format(const ServerOptions& options) {
  return options.log_format == LogFormat::kJson ? "json" : "text";
}

Json get_access_log(const ServerOptions& options) {
  return options.access_log == "-" ? Json("-") : absolute(options.access_log);
}

void set_strict(ServerOptions& options, std::string_view text, const std::string& source) {
  if (text != "true" && text != "false") fail(source, text, "true or false");
  options.strict = text == "true";
}

Json get_strict(const ServerOptions& options) { return options.strict; }

void set_max_memory(ServerOptions& options, std::string_view text, const std::string& source) {
  const auto bytes = parse_byte_size(text);
  if (!bytes || *bytes == 0)
    fail(source, text, "bytes above 0, with a unit or without, for example 2GB or 1536MiB");
  options.max_memory = bytes;
}

Json get_max_memory(const ServerOptions& options) {
  return options.max_memory ? Json(*options.max_memory) : Json();
}

void set_uds(ServerOptions& options, std::string_view text, const std::string& source) {
  if (text.empty()) fail(source, text, "the path of a socket");
  options.uds = text;
}

void set_uds_mode(ServerOptions& options, std::string_view text, const std::string& source) {
  constexpr std::size_t kAllPermissions = 0777;
  options.uds_mode = static_cast<unsigned>(number(text, 0, kAllPermissions, source, 8));
}

// A header can carry nothing else, and a key with a line end at its end is a key that never fits.
void add_api_key(ServerOptions& options, std::string_view text, const std::string& source) {
  constexpr std::size_t kLongest = 1024;
  const auto is_visible = [](char c) { return c > ' ' && c <= '~'; };
  // The key itself has no place in messages.
  if (text.empty() || text.size() > kLongest || !std::ranges::all_of(text, is_visible))
    throw ConfigError(source + " has " + std::to_string(text.size()) +
                      " bytes, expected 1 to 1024 visible ASCII characters without spaces");
  options.api_keys.emplace_back(text);
}

void add_api_key_file(ServerOptions& options, std::string_view text, const std::string& source) {
  const std::string path(text);
  std::ifstream file(path);
  std::size_t line_number = 0;
  std::size_t keys = 0;
  for (std::string line; std::getline(file, line);) {
    ++line_number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    add_api_key(options, line, source + ": line " + std::to_string(line_number) + " of " + path);
    ++keys;
  }
  if (file.bad() || !file.eof())
    throw ConfigError(source + ": " + path + " cannot be read: " + std::strerror(errno));
  if (keys == 0) throw ConfigError(source + ": " + path + " is empty, expected a key on each line");
}

void set_log_format(ServerOptions& options, std::string_view text, const std::string& source) {
  if (text != "text" && text != "json") fail(source, text, "text or json");
  options.log_format = text == "json" ? LogFormat::kJson : LogFormat::kText;
}

void set_access_log(ServerOptions& options, std::string_view text, const std::string& source) {
  if (text.empty()) fail(source, text, "the path of a file, or - for stdout");
  options.access_log = text;
}

bool is_origin(std::string_view text) {
  if (text == "*" || text == "null") return true;
  const auto scheme = text.find("://");
  const auto is_plain = [](char c) { return c > ' ' && c <= '~' && c != '/' && c != ','; };
  return scheme != std::string_view::npos && scheme > 0 && text.size() > scheme + 3 &&
         std::ranges::all_of(text.substr(scheme + 3), is_plain);
}

void set_cors_origins(ServerOptions& options, std::string_view text, const std::string& source) {
  options.cors_origins.clear();
  while (!text.empty()) {
    const std::string_view origin = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), origin.size() + 1));
    if (!is_origin(origin))
      fail(source, origin, "'*' or origins like https://example.org with commas between them");
    options.cors_origins.emplace_back(origin);
  }
}

using Options = ServerOptions;
constexpr ServerSetting kSettings[] = {
    {"uds", "PATH", "listen on this Unix socket instead of host and port", set_uds, get_uds},
    {"uds_mode", "MODE", "its permissions in octal (what the umask leaves)", set_uds_mode,
     get_uds_mode},
    {"tls_cert", "FILE", "speak TLS with this certificate (PEM, then those that signed it)",
     set_file<&Options::tls_cert>, get_file<&Options::tls_cert>},
    {"tls_key", "FILE", "its private key, without a passphrase (in the same file)",
     set_file<&Options::tls_key>, get_file<&Options::tls_key>},
    {"tls_client_ca", "FILE", "answer only clients with a certificate that one of these signed",
     set_file<&Options::tls_client_ca>, get_file<&Options::tls_client_ca>},
    {"api_key", "KEY", "answer only requests with 'Authorization: Bearer KEY'", add_api_key,
     get_nothing},
    {"api_key_file", "FILE", "the same with the keys in FILE, one a line", add_api_key_file,
     get_nothing},
    {"cors_allow_origin", "ORIGINS", "pages that may ask: origins with commas, or '*' (none)",
     set_cors_origins, get_cors_origins},
    {"max_body_bytes", "N", "the largest body of a request (2097152)",
     set_number<&Options::max_body_bytes, 1, kMostBytes>, get_number<&Options::max_body_bytes>},
    {"max_header_bytes", "N", "the largest header of a request (16384)",
     set_number<&Options::max_header_bytes, 128, 1 << 20>, get_number<&Options::max_header_bytes>},
    {"max_connections", "N", "open connections (1024)",
     set_number<&Options::max_connections, 1, 1 << 20>, get_number<&Options::max_connections>},
    {"idle_timeout_ms", "MS", "close a connection that asks nothing for so long (60000)",
     set_number<&Options::idle_timeout, 1, kDay>, get_number<&Options::idle_timeout>},
    {"read_timeout_ms", "MS", "time for a request to come, first byte to last (20000)",
     set_number<&Options::read_timeout, 1, kDay>, get_number<&Options::read_timeout>},
    {"write_timeout_ms", "MS", "time for a client to take a response (20000)",
     set_number<&Options::write_timeout, 1, kDay>, get_number<&Options::write_timeout>},
    {"drain_timeout_ms", "MS", "time for requests in flight when the server stops (30000)",
     set_number<&Options::drain_timeout, 0, kDay>, get_number<&Options::drain_timeout>},
    {"max_request_tokens", "N", "tokens of a request; 0: any (0)",
     set_number<&Options::max_request_tokens, 0, kMostTokens>,
     get_number<&Options::max_request_tokens>},
    {"max_client_batch", "N", "texts of a request, times labels, or rows of tensors (16384)",
     set_number<&Options::max_client_batch, 1, kMostSequences>,
     get_number<&Options::max_client_batch>},
    {"max_queue_requests", "N", "requests that wait for the engine (512)",
     set_number<&Options::max_queue_requests, 1, 1 << 20>,
     get_number<&Options::max_queue_requests>},
    {"max_queue_tokens", "N", "tokens of these requests (4194304)",
     set_number<&Options::max_queue_tokens, 1, kMostTokens>,
     get_number<&Options::max_queue_tokens>},
    {"request_timeout_ms", "MS", "time to answer requests that do not say theirs; 0: any (0)",
     set_number<&Options::request_timeout, 0, kDay>, get_number<&Options::request_timeout>},
    {"log_format", "FORMAT", "the log's lines: text or json (text)", set_log_format,
     get_log_format},
    {"access_log", "PATH", "a line of JSON for every answer, in this file; -: stdout (none)",
     set_access_log, get_access_log},
    {"max_memory", "BYTES", "load models when they are asked for and unload others above this",
     set_max_memory, get_max_memory},
    {"load_timeout_ms", "MS", "time for a request to wait for its model with max_memory (30000)",
     set_number<&Options::load_timeout, 1, kDay>, get_number<&Options::load_timeout>},
    {"strict", "", "end with an error when a model cannot be served", set_strict, get_strict},
};

std::string joined(const YamlNode& node, const Fields& server, std::string_view key) {
  std::string text;
  for (const YamlNode& item : node.items) {
    if (item.kind != YamlNode::Kind::kScalar)
      server.fail(item.line, quoted(key) + " has " + describe(item) + " in it, expected text");
    text.append(text.empty() ? "" : ",").append(item.scalar);
  }
  return text;
}

}  // namespace

std::span<const ServerSetting> server_settings() noexcept { return kSettings; }

Json server_settings_json(const ServerOptions& options) {
  Json json = Json::object({});
  for (const ServerSetting& setting : kSettings)
    if (Json value = setting.get(options); !value.is_null())
      json.add(std::string(setting.key), std::move(value));
  return json;
}

void read_server_settings(const Fields& server, ServerOptions& options) {
  for (const ServerSetting& setting : kSettings) {
    const YamlNode* node = server.find(setting.key);
    if (node == nullptr) continue;
    const bool is_list = node->kind == YamlNode::Kind::kSequence;
    const std::string text =
        is_list ? joined(*node, server, setting.key) : *server.text(setting.key);
    setting.set(options, text, server.place(setting.key));
  }
}

void read_server_environment(ServerOptions& options) {
  const char* key = std::getenv("FILIGREE_API_KEY");
  if (key == nullptr || *key == '\0') return;
  options.api_keys.clear();
  add_api_key(options, key, "environment variable FILIGREE_API_KEY");
}

}  // namespace filigree::serve
