#include "serve/config/server_settings.h"

#include <cstdlib>

#include "serve/config/byte_size.h"
#include "serve/config/yaml_text.h"
#include "tests/serve/config_support.h"

namespace filigree::serve {
namespace {

const std::string kEndpoints = "endpoints:\n  - {task: qa, model: m}\n";

class ServerSettings : public ConfigTest {
 protected:
  void TearDown() override { unsetenv("FILIGREE_API_KEY"); }

  ServerOptions options_of(const std::string& yaml) const {
    return parse(yaml + kEndpoints).server;
  }
  std::string rejected(const std::string& yaml) const { return error_of(yaml + kEndpoints); }

  std::string written(const std::string& name, const std::string& text) const {
    const std::string path = (models_.path() / name).string();
    std::ofstream(path) << text;
    return path;
  }
};

TEST_F(ServerSettings, AreTheDefaultsOfAnEmptyFile) {
  const ServerOptions options = options_of("");
  EXPECT_EQ(options.max_body_bytes, std::size_t{2} << 20);
  EXPECT_TRUE(options.api_keys.empty());
  EXPECT_TRUE(options.cors_origins.empty());
  EXPECT_TRUE(options.uds.empty());
}

TEST_F(ServerSettings, NameTheFilesOfTls) {
  const ServerOptions options =
      options_of("tls_cert: /a.pem\ntls_key: /b.pem\ntls_client_ca: /c.pem\n");
  EXPECT_EQ(options.tls_cert, "/a.pem");
  EXPECT_EQ(options.tls_key, "/b.pem");
  EXPECT_EQ(options.tls_client_ca, "/c.pem");
  EXPECT_EQ(rejected("tls_cert: ''\n"), "f.yaml:1: 'tls_cert' is '', expected the path of a file");
}

TEST_F(ServerSettings, AreReadFromTheFile) {
  const ServerOptions options = options_of(
      "max_body_bytes: 1000\nmax_header_bytes: 2000\nmax_connections: 3\nidle_timeout_ms: 4\n"
      "read_timeout_ms: 5\nwrite_timeout_ms: 6\ndrain_timeout_ms: 0\nuds: /run/f.sock\n"
      "request_timeout_ms: 7\nmax_request_tokens: 8\nmax_client_batch: 9\n"
      "log_format: json\naccess_log: /log/f\nmax_queue_requests: 10\nmax_queue_tokens: 11\n"
      "uds_mode: 0660\nstrict: true\nmax_memory: 2GB\nload_timeout_ms: 12\n"
      "api_key: k3y\ncors_allow_origin: [https://a.example, "
      "'http://b:80']\n");
  EXPECT_EQ(options.max_body_bytes, 1000U);
  EXPECT_EQ(options.max_header_bytes, 2000U);
  EXPECT_EQ(options.max_connections, 3U);
  EXPECT_EQ(options.idle_timeout.count(), 4);
  EXPECT_EQ(options.read_timeout.count(), 5);
  EXPECT_EQ(options.write_timeout.count(), 6);
  EXPECT_EQ(options.drain_timeout.count(), 0);
  EXPECT_EQ(options.request_timeout.count(), 7);
  EXPECT_EQ(options.log_format, LogFormat::kJson);
  EXPECT_EQ(options.access_log, "/log/f");
  EXPECT_EQ(options.max_request_tokens, 8U);
  EXPECT_EQ(options.max_client_batch, 9U);
  EXPECT_EQ(options.max_queue_requests, 10U);
  EXPECT_EQ(options.max_queue_tokens, 11U);
  EXPECT_EQ(options.uds, "/run/f.sock");
  EXPECT_EQ(options.uds_mode, 0660U);
  EXPECT_TRUE(options.strict);
  EXPECT_EQ(options.max_memory, 2'000'000'000U);
  EXPECT_EQ(options.load_timeout.count(), 12);
  EXPECT_EQ(options.api_keys, std::vector<std::string>{"k3y"});
  EXPECT_EQ(options.cors_origins, (std::vector<std::string>{"https://a.example", "http://b:80"}));
}

TEST_F(ServerSettings, NameKeyLineFoundAndExpected) {
  EXPECT_EQ(rejected("num_cores: 1\nmax_body_bytes: 0\n"),
            "f.yaml:2: 'max_body_bytes' is '0', expected a whole number from 1 to 4294967295");
  EXPECT_EQ(rejected("max_connections: many\n"),
            "f.yaml:1: 'max_connections' is 'many', expected a whole number from 1 to 1048576");
  EXPECT_EQ(rejected("uds_mode: 0999\n"),
            "f.yaml:1: 'uds_mode' is '0999', expected permissions in octal, for example 0660");
  EXPECT_EQ(rejected("log_format: xml\n"),
            "f.yaml:1: 'log_format' is 'xml', expected text or json");
  EXPECT_EQ(rejected("cors_allow_origin: a.example\n"),
            "f.yaml:1: 'cors_allow_origin' is 'a.example', expected '*' or origins like "
            "https://example.org with commas between them");
  EXPECT_EQ(rejected("max_memory: 2 gigabytes\n"),
            "f.yaml:1: 'max_memory' is '2 gigabytes', expected bytes above 0, with a unit or "
            "without, for example 2GB or 1536MiB");
  EXPECT_EQ(rejected("strict: 1\n"), "f.yaml:1: 'strict' is '1', expected true or false");
  EXPECT_EQ(rejected("max_conections: 1\n"),
            "f.yaml:1: the configuration has the unknown key 'max_conections'; did you mean "
            "'max_connections'");
}

TEST_F(ServerSettings, AreReadAgainAsTheyAreShown) {
  ServerOptions options = options_of(
      "max_body_bytes: 1000\nidle_timeout_ms: 4\nuds: /run/f.sock\nuds_mode: 0060\n"
      "cors_allow_origin: ['*']\nlog_format: json\naccess_log: '-'\nmax_queue_tokens: 11\n"
      "max_memory: 3MiB\nstrict: true\n");
  const std::string yaml = to_yaml(server_settings_json(options));
  EXPECT_EQ(options_of(yaml), options) << yaml;
  EXPECT_EQ(options_of(to_yaml(server_settings_json(ServerOptions{}))), ServerOptions{});
  options.access_log = "relative";
  EXPECT_TRUE(server_settings_json(options).find("access_log")->as_string()->starts_with('/'));
}

TEST(ByteSize, IsANumberWithOrWithoutAUnit) {
  EXPECT_EQ(parse_byte_size("1500000"), 1'500'000U);
  EXPECT_EQ(parse_byte_size("2GB"), 2'000'000'000U);
  EXPECT_EQ(parse_byte_size("1536MiB"), std::size_t{1536} << 20);
  EXPECT_EQ(parse_byte_size("3 kib"), 3072U);
  EXPECT_EQ(parse_byte_size("7B"), 7U);
  for (const char* text : {"", "GB", "-1", "1.5GB", "2G", "2  GB", "2GBs", "0x10",
                           "18446744073709551616", "17000000TiB"})
    EXPECT_EQ(parse_byte_size(text), std::nullopt) << text;
}

TEST_F(ServerSettings, NeverShowAKey) {
  EXPECT_EQ(rejected("api_key: two words\n"),
            "f.yaml:1: 'api_key' has 9 bytes, expected 1 to 1024 visible ASCII characters without "
            "spaces");
  const Config config = parse("api_key: k3y\n" + kEndpoints);
  EXPECT_EQ(to_text(to_json(config)).find("k3y"), std::string::npos);
  EXPECT_EQ(effective_yaml(config).find("k3y"), std::string::npos);
}

TEST_F(ServerSettings, ReadKeysFromAFile) {
  const std::string path = written("keys", "one\r\n\ntwo\n");
  EXPECT_EQ(options_of("api_key_file: " + path + "\n").api_keys,
            (std::vector<std::string>{"one", "two"}));
  EXPECT_NE(rejected("api_key_file: " + path + ".not\n").find("No such file or directory"),
            std::string::npos);
  EXPECT_NE(rejected("api_key_file: " + written("none", "\n") + "\n").find("is empty, expected"),
            std::string::npos);
  const std::string message = rejected("api_key_file: " + written("bad", "good\nb d\n") + "\n");
  EXPECT_NE(message.find("line 2 of"), std::string::npos) << message;
}

TEST_F(ServerSettings, PreferTheKeyOfTheEnvironmentToThatOfTheFile) {
  ServerOptions options = options_of("api_key: file\n");
  setenv("FILIGREE_API_KEY", "", 1);
  read_server_environment(options);
  EXPECT_EQ(options.api_keys, std::vector<std::string>{"file"});
  setenv("FILIGREE_API_KEY", "environment", 1);
  read_server_environment(options);
  EXPECT_EQ(options.api_keys, std::vector<std::string>{"environment"});
}

}  // namespace
}  // namespace filigree::serve
