// One line of JSON for every answer, for whoever counts requests or looks for slow ones.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "serve/http/message.h"
#include "serve/line_file.h"

namespace filigree::serve {

// What is told of an answer. Valid during the call.
struct Access {
  std::string_view method = {}, target = {};  // empty when no request line could be read
  int status = 0;
  std::size_t bytes = 0;             // that were sent, header included; 0 when the client had gone
  std::chrono::nanoseconds time{0};  // from the first byte of the request to the last of the answer
  std::string_view request_id = {}, traceparent = {};
  const Headers* headers = nullptr;  // of the response: those of inference tell its times
};

// {"time":...,"method":"POST","path":"/v2/models/qa/infer","status":200,"bytes":412,
//  "total_ms":3.1,"tokenize_ms":...,"queue_ms":...,"inference_ms":...,"tokens":128,
//  "request_id":...,"trace_id":...,"span_id":...}
// without the members that there is nothing for, with a line end. Never the query of the target.
std::string access_line(const Access& access);

// Lines go to a thread of their own: nobody waits for a disk. Beyond 1 MiB that waits, and what
// cannot be written, lines are dropped and counted. Thread-safe.
class AccessLog {
 public:
  // "-" is stdout, anything else a file that is appended to. Throws std::runtime_error.
  explicit AccessLog(const std::string& path);
  ~AccessLog();  // writes what waits

  void add(const Access& access);

  // Opens the file again, after its rotation; the log of the server has the reason when it cannot.
  void reopen();

  std::uint64_t dropped() const;

 private:
  void work(const std::stop_token& stop);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string waiting_;  // whole lines
  bool reopen_ = false;
  std::uint64_t dropped_ = 0;
  LineFile file_;  // of the thread
  std::jthread thread_;
};

}  // namespace filigree::serve
