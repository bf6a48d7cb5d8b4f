#include "serve/http/request_reader.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

namespace filigree::serve {
namespace {

using State = RequestReader::State;

class RequestReaderTest : public testing::Test {
 protected:
  State feed(std::string_view bytes) {
    const auto room = reader_.prepare(bytes.size());
    std::memcpy(room.data(), bytes.data(), bytes.size());
    reader_.commit(bytes.size());
    return reader_.parse();
  }

  static ServerOptions small_limits() {
    ServerOptions options;
    options.max_body_bytes = 10;
    options.max_header_bytes = 200;
    return options;
  }

  const ServerOptions options_ = small_limits();
  RequestReader reader_{options_};
};

constexpr std::string_view kPost =
    "POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Request-Id: seven\r\nContent-Length: 5\r\n\r\nhello";

TEST_F(RequestReaderTest, ReadsARequestThatComesByteByByte) {
  reader_.begin_request();
  const std::size_t header = kPost.find("hello");
  for (std::size_t i = 0; i + 1 < kPost.size(); ++i)
    EXPECT_EQ(feed(kPost.substr(i, 1)), i + 1 < header ? State::kNeedsHeader : State::kNeedsBody)
        << i;
  EXPECT_EQ(feed(kPost.substr(kPost.size() - 1)), State::kComplete);
  const auto [request, version, keep_alive] = reader_.take_request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/a?b=c");
  EXPECT_EQ(request.body, "hello");
  EXPECT_EQ(request.request_id, "seven");
  EXPECT_EQ(request.header("host"), "x");
  EXPECT_EQ(version, 11U);
  EXPECT_TRUE(keep_alive);
}

TEST_F(RequestReaderTest, KeepsTheNextRequestUntilItIsBegun) {
  reader_.begin_request();
  EXPECT_EQ(feed(std::string(kPost) + "GET /next HTTP/1.0\r\n\r\n"), State::kComplete);
  EXPECT_EQ(reader_.take_request().request.body, "hello");
  EXPECT_TRUE(reader_.has_bytes());
  reader_.begin_request();
  EXPECT_EQ(reader_.parse(), State::kComplete);
  EXPECT_FALSE(reader_.has_bytes());
  const auto [request, version, keep_alive] = reader_.take_request();
  EXPECT_EQ(request.target, "/next");
  EXPECT_FALSE(request.request_id.empty());
  EXPECT_EQ(version, 10U);
  EXPECT_FALSE(keep_alive);
}

TEST_F(RequestReaderTest, InvitesABodyOnce) {
  reader_.begin_request();
  EXPECT_EQ(feed("POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"),
            State::kInvitesBody);
  EXPECT_EQ(feed("a"), State::kNeedsBody);
  EXPECT_EQ(feed("b"), State::kComplete);
}

TEST_F(RequestReaderTest, DoesNotInviteABodyThatIsThereOrAClientThatCannotWait) {
  reader_.begin_request();
  EXPECT_EQ(feed("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"),
            State::kComplete);
  reader_.take_request();
  reader_.begin_request();
  EXPECT_EQ(feed("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
            State::kNeedsBody);
}

TEST_F(RequestReaderTest, RefusesWithTheStatusAndTheLimit) {
  struct Case {
    std::string bytes;
    int status;
    const char* says;
  };
  const Case cases[] = {
      {"POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n", 413, "the limit of 10 bytes"},
      {"GET / HTTP/1.1\r\nA: " + std::string(300, 'a') + "\r\n\r\n", 431, "the limit of 200 bytes"},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400,
       "transfer-encoding is 'gzip', expected chunked or none"},
      {"POST / HTTP/1.1\r\nExpect: tea\r\nContent-Length: 2\r\n\r\n", 417,
       "expect is 'tea', expected 100-continue"},
      {"nonsense\r\n\r\n", 400, "not an HTTP request"},
  };
  for (const Case& one : cases) {
    reader_.drop_bytes();
    reader_.begin_request();
    ASSERT_EQ(feed(one.bytes), State::kRefused) << one.bytes;
    const HttpResponse response = reader_.take_refusal();
    EXPECT_EQ(response.status, one.status) << one.bytes;
    EXPECT_NE(response.body.find(one.says), std::string::npos) << response.body;
  }
}

TEST_F(RequestReaderTest, TellsWhatIsKnownOfARequestThatHasNotCome) {
  EXPECT_FALSE(reader_.unfinished_request().request_id.empty());
  reader_.begin_request();
  EXPECT_EQ(feed("PUT /some/wh"), State::kNeedsHeader);
  const HttpRequest request = reader_.unfinished_request();
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/some/wh");
  EXPECT_FALSE(request.request_id.empty());
}

}  // namespace
}  // namespace filigree::serve
