// Noticing that something outside of the process has changed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace filigree::serve {

// Calls look() every `interval` until `stop`. Content that is another than the last one told, at
// first `content`, is told once two looks in a row have seen it: a file may be half written.
template <class Content, class Look, class Tell>
void watch_settled(const std::stop_token& stop, std::chrono::milliseconds interval, Content content,
                   const Look& look, const Tell& tell) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  Content seen = content;
  std::unique_lock lock(mutex);
  while (!stopped.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
    Content now = look();
    const bool settled = std::exchange(seen, now) == now;
    if (!settled || now == content) continue;
    content = std::move(now);
    tell(content);
  }
}

}  // namespace filigree::serve
