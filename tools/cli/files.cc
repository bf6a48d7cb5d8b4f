#include "tools/cli/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const char* action, int error) {
  throw InputError(file.string() + ": cannot " + action + ": " + std::strerror(error));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// 0, or the errno of the write that failed.
int write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int flush(int fd) { return ::fsync(fd) == 0 || errno == EINVAL ? 0 : errno; }

}  // namespace

std::string read_file(const std::filesystem::path& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) fail(file, "open", errno);
  std::string content;
  std::array<char, 1 << 16> buffer;
  for (;;) {
    const ssize_t got = ::read(in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(file, "read", errno);
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void write_file(const std::filesystem::path& file, std::string_view content) {
  write_file(file, std::span(&content, 1));
}

void write_file(const std::filesystem::path& file, std::span<const std::string_view> pieces) {
  std::filesystem::path aside = file;
  aside += std::string(".").append(std::to_string(::getpid())).append(".part");
  const Descriptor out(::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (out.get() < 0) fail(file, "create", errno);
  int error = 0;
  for (std::size_t i = 0; error == 0 && i < pieces.size(); ++i)
    error = write_all(out.get(), pieces[i]);
  if (error == 0) error = flush(out.get());
  if (error == 0 && ::rename(aside.c_str(), file.c_str()) != 0) error = errno;
  if (error == 0) return;
  ::unlink(aside.c_str());
  fail(file, "write", error);
}

}  // namespace filigree::tools
