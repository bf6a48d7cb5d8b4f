#include "serve/http/access_log.h"

#include <unistd.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "serve/http/trace_context.h"
#include "serve/json.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

constexpr std::size_t kMostWaiting = 1 << 20;

LineFile opened(const std::string& path) {
  if (path == "-") return LineFile(STDOUT_FILENO);
  return LineFile(path);
}

// Headers with times of inference, and what they are called here.
constexpr std::pair<std::string_view, std::string_view> kTimes[] = {
    {"x-tokenization-time", "tokenize_ms"},
    {"x-queue-time", "queue_ms"},
    {"x-inference-time", "inference_ms"}};

template <class Number>
void add_number(Json& json, std::string_view name, std::string_view text) {
  Number value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc()) json.add(std::string(name), value);
}

void add_text(Json& json, const char* name, std::string_view text) {
  if (!text.empty()) json.add(name, text);
}

double in_milliseconds(std::chrono::nanoseconds time) {
  constexpr double kMicroseconds = 1000;  // of a millisecond
  return std::round(std::chrono::duration<double, std::micro>(time).count()) / kMicroseconds;
}

}  // namespace

std::string access_line(const Access& access) {
  Json json = Json::object({{"time", log_time()}});
  add_text(json, "method", access.method);
  add_text(json, "path", access.target.substr(0, access.target.find('?')));
  json.add("status", access.status);
  json.add("bytes", access.bytes);
  json.add("total_ms", in_milliseconds(access.time));
  if (access.headers != nullptr)
    for (const auto& [header, value] : *access.headers) {
      for (const auto& [known, name] : kTimes)
        if (header == known) add_number<double>(json, name, value);
      if (header == "x-compute-tokens") add_number<std::size_t>(json, "tokens", value);
    }
  add_text(json, "request_id", access.request_id);
  add_text(json, "trace_id", trace_id(access.traceparent));
  add_text(json, "span_id", span_id(access.traceparent));
  return to_text(json) + "\n";
}

AccessLog::AccessLog(const std::string& path)
    : file_(opened(path)), thread_([this](const std::stop_token& stop) { work(stop); }) {}

AccessLog::~AccessLog() = default;

void AccessLog::add(const Access& access) {
  const std::string line = access_line(access);
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > kMostWaiting) {
      ++dropped_;
      return;
    }
    waiting_ += line;
  }
  changed_.notify_one();
}

void AccessLog::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  changed_.notify_one();
}

std::uint64_t AccessLog::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void AccessLog::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, stop, [this] { return reopen_ || !waiting_.empty(); });
    if (!reopen_ && waiting_.empty()) return;  // told to stop, and nothing is left
    const std::string lines = std::exchange(waiting_, {});
    const bool reopen = std::exchange(reopen_, false);
    lock.unlock();
    // Lines of before the rotation belong into the old file.
    file_.write(lines);
    if (reopen)
      if (const std::string error = file_.reopen(); !error.empty())
        log(LogLevel::kError, "access log: " + error);
    lock.lock();
    dropped_ += file_.take_dropped();
  }
}

}  // namespace filigree::serve
