#include "serve/line_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace filigree::serve {
namespace {

int open_to_append(const std::string& path) {
  constexpr int kPermissions = 0640;
  // O_NONBLOCK: a named pipe without a reader is an error instead of waiting for one.
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, kPermissions);
}

std::string cannot_open(const std::string& path) {
  return path + " cannot be opened: " + std::strerror(errno);
}

bool is_writable(int descriptor) {
  pollfd state{.fd = descriptor, .events = POLLOUT, .revents = 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & (POLLERR | POLLNVAL)) == 0 &&
         (state.revents & POLLOUT) != 0;
}

// Bytes written, or -1 when that would wait or cannot be.
ssize_t write_some(int descriptor, std::string_view text) {
  const ssize_t sent = ::send(descriptor, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  if (!is_writable(descriptor)) return -1;
  // A pipe that can be written to has room for this much, blocking or not.
  return ::write(descriptor, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
}

std::size_t written_of(int descriptor, std::string_view text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write_some(descriptor, text.substr(written));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  return written;
}

}  // namespace

LineFile::LineFile(std::string path) : path_(std::move(path)), descriptor_(open_to_append(path_)) {
  if (descriptor_ < 0) throw std::runtime_error(cannot_open(path_));
}

LineFile::~LineFile() {
  if (!path_.empty()) ::close(descriptor_);
}

void LineFile::write(std::string_view lines) noexcept {
  std::size_t written = 0;
  if (!torn_ || written_of(descriptor_, "\n") == 1) {
    written = written_of(descriptor_, lines);
    torn_ = written > 0 && lines[written - 1] != '\n';
  }
  const std::string_view rest = lines.substr(written);
  dropped_ += static_cast<std::uint64_t>(std::ranges::count(rest, '\n'));
}

std::string LineFile::reopen() {
  if (path_.empty()) return {};
  const int fresh = open_to_append(path_);
  if (fresh < 0) return cannot_open(path_);
  ::close(std::exchange(descriptor_, fresh));
  torn_ = false;
  return {};
}

}  // namespace filigree::serve
