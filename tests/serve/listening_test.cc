// Where the server listens: IPv6 and Unix sockets.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/serve/config_support.h"
#include "tests/serve/server_support.h"

namespace filigree::serve {
namespace {

class Listening : public ServerTest {
 protected:
  std::string socket_path() const { return (folder_.path() / "s").string(); }

  std::string bind_error() {
    try {
      Server server(fake_config({"qa"}), options_, engine_.backend());
    } catch (const BindError& error) {
      return error.what();
    }
    return "listens";
  }

  // What a killed server leaves behind: the file of a socket that nobody listens on.
  void leave_stale_socket() const {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, socket_path().c_str());
    ASSERT_EQ(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(listen(socket, 1), 0);
    ::close(socket);
  }

  ModelFolder folder_;
};

TEST_F(Listening, OnAllIpv6AddressesAnswersIpv4Too) {
  options_.host = "::";
  try {
    start();
  } catch (const BindError& error) {
    GTEST_SKIP() << error.what();
  }
  EXPECT_EQ(get("/v2/health/live").status, 200);
  EXPECT_EQ(HttpClient::over_ipv6(port()).get("/v2/health/live").status, 200);
}

TEST_F(Listening, OnOneIpv6AddressAnswersOnlyThere) {
  options_.host = "::1";
  try {
    start();
  } catch (const BindError& error) {
    GTEST_SKIP() << error.what();
  }
  EXPECT_EQ(HttpClient::over_ipv6(port()).post("/predict", kQuestion).body, kAnswer);
  EXPECT_FALSE(can_connect(port()));
}

TEST_F(Listening, OnAUnixSocketAnswersAndRemovesItWhenItStops) {
  options_.uds = socket_path();
  options_.uds_mode = 0600;
  start();
  EXPECT_EQ(port(), 0);
  HttpClient client(socket_path());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.post("/predict", kQuestion).body, kAnswer);
  struct stat found {};
  ASSERT_EQ(stat(socket_path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  server_->stop();
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_FALSE(std::filesystem::exists(socket_path()));
}

TEST_F(Listening, ReplacesTheSocketOfAServerThatWasKilled) {
  leave_stale_socket();
  options_.uds = socket_path();
  start();
  EXPECT_EQ(HttpClient(socket_path()).get("/v2/health/live").status, 200);
}

TEST_F(Listening, LeavesTheSocketOfALivingServerAlone) {
  options_.uds = socket_path();
  start();
  EXPECT_EQ(bind_error(),
            "cannot listen on unix:" + socket_path() + ": another server listens there");
  EXPECT_EQ(HttpClient(socket_path()).get("/v2/health/live").status, 200);
}

TEST_F(Listening, LeavesFilesAloneThatAreNoSockets) {
  options_.uds = socket_path();
  std::ofstream(socket_path()) << "text";
  EXPECT_NE(bind_error().find("a file that is not a socket is there"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_regular_file(socket_path()));
}

TEST_F(Listening, DoesNotRemoveTheSocketOfItsSuccessor) {
  options_.uds = socket_path();
  start();
  std::filesystem::remove(socket_path());
  leave_stale_socket();
  server_->stop();
  EXPECT_TRUE(std::filesystem::exists(socket_path()));
}

TEST_F(Listening, NamesAPathThatIsTooLongOrImpossible) {
  options_.uds = "/" + std::string(200, 'x');
  EXPECT_NE(bind_error().find("the path has 201 bytes, at most 107 are possible"),
            std::string::npos);
  options_.uds = socket_path() + "/in/no/folder";
  EXPECT_NE(bind_error().find("No such file or directory"), std::string::npos) << bind_error();
}

}  // namespace
}  // namespace filigree::serve
