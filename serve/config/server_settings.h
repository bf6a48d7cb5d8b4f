// What can be set of the server by a flag and by a key of the YAML file, both from one list:
// `max_body_bytes` is the key, `--max-body-bytes` the flag.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "serve/config/fields.h"
#include "serve/config/server_options.h"
#include "serve/json.h"

namespace filigree::serve {

struct ServerSetting {
  std::string_view key;
  std::string_view value;  // what help calls the value, "BYTES"; empty: the flag alone says true
  std::string_view help;
  // Reads `text` into the options. Throws ConfigError that begins with `source`, for example
  // "flag '--max-body-bytes'", and says what was found and what was expected.
  void (*set)(ServerOptions& options, std::string_view text, const std::string& source);
  // What set() would read again, from whatever folder; null when it is not set, or secret.
  Json (*get)(const ServerOptions& options);
};

std::span<const ServerSetting> server_settings() noexcept;

// The settings as members of an object, without those that are not set, and without API keys.
Json server_settings_json(const ServerOptions& options);

// The settings among the keys of the file's top level. A sequence is as good as its items with
// commas between them. Throws ConfigError.
void read_server_settings(const Fields& server, ServerOptions& options);

// What FILIGREE_API_KEY says, instead of the keys of the file; not set or empty: nothing changes.
// Throws ConfigError.
void read_server_environment(ServerOptions& options);

}  // namespace filigree::serve
