#include "loader/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "loader/error.h"
#include "loader/give_way.h"
#include "loader/graph.h"

namespace filigree::loader {
namespace {

// O_NONBLOCK: opening a pipe must not wait for a writer before it is refused as no regular file.
constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
std::string system_message(int code) { return std::generic_category().message(code); }

}  // namespace

File::File(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), kOpenFlags)) {
  if (descriptor_ < 0) throw FormatError("cannot be opened: " + system_message(errno));
  check_regular();
}

File::File(const std::filesystem::path& folder, const std::string& location) {
  const std::string where = "external data location " + quoted_name(location);
  if (location.empty() || location.front() == '/' || location.find('\0') != std::string::npos)
    throw FormatError(where + " is not a relative path, expected a file beside the model");
  int current = ::open(folder.empty() ? "." : folder.c_str(), kOpenFlags | O_DIRECTORY);
  if (current < 0) throw FormatError("folder cannot be opened: " + system_message(errno));
  // One component at a time without following links: nothing can be swapped between a check and the
  // open.
  for (std::size_t begin = 0; begin <= location.size();) {
    const std::size_t end = std::min(location.find('/', begin), location.size());
    const std::string component = location.substr(begin, end - begin);
    const bool leaves = component == ".." || component.empty();
    const int flags = kOpenFlags | O_NOFOLLOW | (end == location.size() ? 0 : O_DIRECTORY);
    const int next = leaves ? -1 : ::openat(current, component.c_str(), flags);
    const int code = errno;
    ::close(current);
    if (leaves) throw FormatError(where + " leaves the model's folder, expected a file beside it");
    if (next < 0)
      throw FormatError(where + (code == ELOOP ? " is a symbolic link, expected a file"
                                               : " cannot be opened: " + system_message(code)));
    current = next;
    begin = end + 1;
  }
  descriptor_ = current;
  check_regular();
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_), state_(other.state_) {}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void File::check_regular() {
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    constexpr std::int64_t kNanoseconds = 1'000'000'000;
    state_ = {status.st_dev, status.st_ino,
              status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
    return;
  }
  ::close(std::exchange(descriptor_, -1));
  throw FormatError("is not a regular file");
}

void File::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ::ssize_t got = ::pread(descriptor_, out.data(), std::min(out.size(), kPieceBytes),
                                  static_cast<::off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FormatError("cannot be read: " + system_message(errno));
    if (got == 0)
      throw FormatError("ends at " + std::to_string(offset) + " bytes, expected " +
                        std::to_string(out.size()) + " more");
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
    give_way();
  }
}

std::shared_ptr<std::byte> File::map(std::uint64_t offset, std::size_t bytes) const {
  void* const pages =
      ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, descriptor_, static_cast<::off_t>(offset));
  if (pages == MAP_FAILED) throw FormatError("cannot be mapped: " + system_message(errno));
  return {static_cast<std::byte*>(pages), [bytes](std::byte* first) { ::munmap(first, bytes); }};
}

FileBytes read_file(const std::filesystem::path& path) {
  const File file(path);
  const auto size = static_cast<std::size_t>(file.size());
  FileBytes bytes{std::unique_ptr<std::byte[]>(new std::byte[size]), size};
  file.read(0, {bytes.data.get(), size});
  return bytes;
}

}  // namespace filigree::loader
