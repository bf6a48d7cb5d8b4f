#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/serve/certificates.h"
#include "tests/serve/config_support.h"
#include "tests/serve/server_support.h"
#include "tests/serve/tls_client.h"

namespace filigree::serve {
namespace {

using std::chrono::milliseconds;

class Tls : public ServerTest {
 protected:
  Tls() {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to closed sockets, too
    options_.tls_cert = (folder_.path() / "server.pem").string();
    options_.tls_key = (folder_.path() / "server.key").string();
    options_.tls_reload_interval = milliseconds(5);
    show(make_certificate("first", authority_));
  }

  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
  }
  void show(const Certificate& certificate) const {
    write(options_.tls_cert, certificate.certificate);
    write(options_.tls_key, certificate.key);
  }
  TlsClientOptions trusting() const { return {.authority = authority_.certificate}; }

  // The message of the server that does not start.
  std::string start_error() {
    try {
      Server server(fake_config({"qa"}), options_, engine_.backend());
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "starts";
  }
  // Why a client cannot connect and ask.
  std::string client_error(const TlsClientOptions& client) const {
    try {
      return TlsClient(port(), client).get("/v2").status == 0 ? "no response" : "answered";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  // As metrics_will_have().
  bool tls_metrics_will_have(const std::string& line) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (TlsClient(port(), trusting()).get("/metrics").body.find(line + "\n") ==
           std::string::npos)
      if (std::chrono::steady_clock::now() > deadline) return false;
    return true;
  }

  ModelFolder folder_;
  const Certificate authority_ = make_authority("authority");
};

TEST_F(Tls, AnswersByEachVersionAndKeepsTheConnection) {
  start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClientOptions client = trusting();
    client.lowest_version = client.highest_version = version;
    TlsClient connection(port(), client);
    EXPECT_EQ(connection.version(), version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(connection.post("/predict", kQuestion).body, kAnswer);
  }
}

TEST_F(Tls, RefusesOldVersions) {
  start();
  TlsClientOptions client = trusting();
  client.lowest_version = client.highest_version = TLS1_1_VERSION;
  EXPECT_NE(client_error(client).find("protocol version"), std::string::npos)
      << client_error(client);
  EXPECT_TRUE(tls_metrics_will_have("filigree_tls_failed_handshakes_total 1"));
}

TEST_F(Tls, AnswersPipelinedRequestsInOrder) {
  start();
  TlsClient client(port(), trusting());
  client.send(post_text("/predict", kQuestion) + "GET /v2/health/live HTTP/1.1\r\nHost: t\r\n\r\n" +
              post_text("/predict", kQuestion));
  EXPECT_EQ(client.receive().body, kAnswer);
  EXPECT_EQ(client.receive().body, R"({"status":"OK"})");
  EXPECT_EQ(client.receive().body, kAnswer);
}

TEST_F(Tls, TakesALargeBody) {
  start();
  const std::string large = kQuestion + std::string((2 << 20) - kQuestion.size(), ' ');
  TlsClient client(port(), trusting());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.post("/predict", large).body, kAnswer);
}

TEST_F(Tls, LetsAClientReadTheRefusalOfABodyThatIsTooLarge) {
  options_.max_body_bytes = 100;
  start();
  EXPECT_EQ(TlsClient(port(), trusting()).post("/predict", std::string(4 << 20, 'x')).status, 413);
}

TEST_F(Tls, SaysFarewellWhereItCloses) {
  options_.idle_timeout = milliseconds(50);
  start();
  TlsClient idle(port(), trusting());
  EXPECT_TRUE(idle.farewell());
  TlsClient asking(port(), trusting());
  asking.send("GET /v2/health/live HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(asking.receive().status, 200);
  EXPECT_TRUE(asking.farewell());
}

TEST_F(Tls, TellsAClientThatNeverFinishesItsRequest) {
  options_.read_timeout = milliseconds(2000);  // the handshake must not take as long, either
  start();
  TlsClient client(port(), trusting());
  client.send("GET / HTTP/1.1\r\nHost:");
  EXPECT_EQ(client.receive().status, 408);
  EXPECT_TRUE(client.farewell());
}

TEST_F(Tls, TellsAPlainClientWhatThePortSpeaks) {
  start();
  for (int i = 0; i < 2; ++i) {
    HttpClient plain(port());
    plain.send(post_text("/predict", kQuestion));
    const ClientResponse response = plain.receive();
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.body, R"({"error":"this port speaks TLS: ask with https://"})");
    EXPECT_TRUE(plain.closed_by_server());
  }
  EXPECT_TRUE(tls_metrics_will_have("filigree_tls_failed_handshakes_total 2"));
}

TEST_F(Tls, EndsHandshakesThatTakeTooLong) {
  options_.read_timeout = milliseconds(50);
  start();
  HttpClient silent(port());
  EXPECT_TRUE(silent.closed_by_server());
  // The record says 512 bytes.
  HttpClient slow(port());
  slow.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  EXPECT_TRUE(slow.closed_by_server());
}

TEST_F(Tls, SurvivesWhatIsNoHandshake) {
  start();
  const std::string hello = "\x16\x03\x01\x02\x01";
  for (const std::string& text :
       {std::string(300, '\xff'), hello + std::string(600, 'x'), std::string(20, '\0'),
        std::string("\x15\x03\x03\x00\x02\x02\x28", 7)}) {
    HttpClient client(port());
    client.send(text);
    client.receive_line();  // an alert, or nothing
    EXPECT_TRUE(client.closed_by_server());
  }
  for (std::size_t i = 0; i < hello.size(); ++i) {
    HttpClient leaving(port());
    leaving.send(hello.substr(0, i));
    if (i % 2 == 0) leaving.reset();
  }
  EXPECT_EQ(TlsClient(port(), trusting()).post("/predict", kQuestion).body, kAnswer);
}

TEST_F(Tls, CancelsTheRequestOfAClientThatLeaves) {
  start();
  engine_.hold_answers();
  TlsClient leaving(port(), trusting());
  leaving.send(post_text("/predict", kQuestion));
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  leaving.close();
  EXPECT_TRUE(engine_.wait_for_cancel());
  engine_.release_answers();
}

TEST_F(Tls, StopAnswersWhatIsInFlightAndSaysFarewellToTheRest) {
  start();
  engine_.hold_answers();
  TlsClient idle(port(), trusting());
  EXPECT_EQ(idle.get("/v2/health/live").status, 200);
  HttpClient shaking_hands(port());
  TlsClient waiting(port(), trusting());
  waiting.send(post_text("/predict", kQuestion));
  ASSERT_TRUE(engine_.wait_for_submitted(1));
  std::thread stopping([this] { server_->stop(); });
  EXPECT_TRUE(idle.farewell());
  EXPECT_TRUE(shaking_hands.closed_by_server());
  engine_.release_answers();
  EXPECT_EQ(waiting.receive().body, kAnswer);
  idle.close();
  waiting.close();
  stopping.join();
}

TEST_F(Tls, TellsThoseBeyondTheLimitOfConnections) {
  options_.max_connections = 1;
  start();
  TlsClient first(port(), trusting());
  EXPECT_EQ(first.get("/v2/health/live").status, 200);
  EXPECT_EQ(TlsClient(port(), trusting()).receive().status, 503);
}

TEST_F(Tls, WorksOverAUnixSocket) {
  options_.uds = (folder_.path() / "s").string();
  start();
  EXPECT_EQ(TlsClient(options_.uds, trusting()).post("/predict", kQuestion).body, kAnswer);
}

TEST_F(Tls, AnswersOnlyClientsWithACertificateOfTheAuthority) {
  const Certificate clients = make_authority("clients");
  options_.tls_client_ca = (folder_.path() / "clients.pem").string();
  write(options_.tls_client_ca, make_authority("other clients").certificate + clients.certificate);
  start();
  EXPECT_NE(client_error(trusting()), "answered");
  TlsClientOptions stranger = trusting();
  stranger.certificate = make_certificate("stranger", authority_);
  EXPECT_NE(client_error(stranger), "answered");
  TlsClientOptions known = trusting();
  known.certificate = make_certificate("known", clients);
  // The second time the client may come back to its session.
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client_error(known), "answered");
}

TEST_F(Tls, ShowsNewConnectionsTheCertificateThatTheFilesHaveNow) {
  start();
  TlsClient before(port(), trusting());
  EXPECT_EQ(before.server_name(), "first");
  show(make_certificate("second", authority_, KeyKind::kRsa));
  ASSERT_TRUE(tls_metrics_will_have("filigree_tls_reloads_total{result=\"applied\"} 1"));
  EXPECT_EQ(TlsClient(port(), trusting()).server_name(), "second");
  EXPECT_EQ(before.post("/predict", kQuestion).body, kAnswer);
}

TEST_F(Tls, AnswersEveryClientWhileTheCertificateAndTheClientsChange) {
  options_.tls_client_ca = (folder_.path() / "clients.pem").string();
  write(options_.tls_client_ca, authority_.certificate);
  start();
  TlsClientOptions known = trusting();
  known.certificate = make_certificate("known", authority_);
  std::atomic<std::size_t> answers{0}, failures{0};
  const auto ask = [&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      try {
        const ClientResponse response = TlsClient(port(), known).post("/predict", kQuestion);
        ++(response.body == kAnswer ? answers : failures);
      } catch (const std::runtime_error&) {
        ++failures;
      }
    }
  };
  std::vector<std::jthread> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(ask);
  const auto is_shown = [&](const std::string& name) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (TlsClient(port(), known).server_name() != name)
      if (std::chrono::steady_clock::now() > deadline) return false;
    return true;
  };
  for (const std::string name : {"second", "third", "fourth"}) {
    write(options_.tls_client_ca, make_authority(name).certificate + authority_.certificate);
    show(make_certificate(name, authority_));
    EXPECT_TRUE(is_shown(name)) << name;
  }
  clients.clear();
  EXPECT_EQ(failures, 0U);
  EXPECT_GT(answers, 3U);
}

TEST_F(Tls, KeepsTheCertificateWhenTheFilesGoBadAndReportsIt) {
  start();
  write(options_.tls_key, make_certificate("other", authority_).key);
  ASSERT_TRUE(tls_metrics_will_have("filigree_tls_reloads_total{result=\"refused\"} 1"));
  EXPECT_TRUE(tls_metrics_will_have("filigree_tls_last_reload_successful 0"));
  std::filesystem::remove(options_.tls_cert);
  ASSERT_TRUE(tls_metrics_will_have("filigree_tls_reloads_total{result=\"refused\"} 2"));
  EXPECT_EQ(TlsClient(port(), trusting()).server_name(), "first");
  show(make_certificate("second", authority_));
  ASSERT_TRUE(tls_metrics_will_have("filigree_tls_reloads_total{result=\"applied\"} 1"));
  EXPECT_TRUE(tls_metrics_will_have("filigree_tls_last_reload_successful 1"));
  EXPECT_EQ(TlsClient(port(), trusting()).server_name(), "second");
}

TEST_F(Tls, TakesCertificateAndKeyFromOneFile) {
  const Certificate certificate = make_certificate("both", authority_);
  write(options_.tls_cert, certificate.key + certificate.certificate + authority_.certificate);
  options_.tls_key.clear();
  start();
  EXPECT_EQ(TlsClient(port(), trusting()).server_name(), "both");
}

TEST_F(Tls, StartsOnlyWithFilesThatFitAndNamesTheFault) {
  const std::string cert = "tls_cert: " + options_.tls_cert;
  const std::string key = "tls_key: " + options_.tls_key;
  const Certificate good = make_certificate("good", authority_);
  const auto expect_error = [&](const Certificate& files, const std::string& message) {
    show(files);
    EXPECT_EQ(start_error().substr(0, message.size()), message) << start_error();
  };
  expect_error({.name = {}, .certificate = good.certificate, .key = authority_.key},
               key + " is not the key of the certificate in " + options_.tls_cert);
  expect_error({.name = {},
                .certificate = good.certificate,
                .key = make_certificate("rsa", authority_, KeyKind::kRsa).key},
               key + " is not the key of the certificate in " + options_.tls_cert);
  expect_error({.name = {}, .certificate = good.certificate, .key = good.encrypted_key()},
               key + " is encrypted, expected a key without a passphrase");
  expect_error({.name = {}, .certificate = good.certificate, .key = "x"},
               key + " holds no private key that can be used, in PEM: ");
  expect_error({.name = {}, .certificate = "", .key = good.key},
               cert + " holds no certificate that can be used, in PEM: ");
  expect_error({.name = {}, .certificate = std::string((1 << 20) + 1, 'x'), .key = good.key},
               cert + " has more than 1048576 bytes");
  show(good);
  options_.tls_client_ca = folder_.path().string();
  EXPECT_EQ(start_error(),
            "tls_client_ca: " + folder_.path().string() + " cannot be read: Is a directory");
  options_.tls_client_ca = options_.tls_key;
  EXPECT_NE(start_error().find("holds no certificate that can be used"), std::string::npos);
  options_.tls_key = "/no/such/file";
  EXPECT_EQ(start_error(), "tls_key: /no/such/file cannot be read: No such file or directory");
  options_.tls_cert.clear();
  EXPECT_EQ(start_error(), "tls_key is '/no/such/file', but there is no tls_cert");
}

}  // namespace
}  // namespace filigree::serve
