// A regular file opened for reading. Models are read into private memory, never mapped: a file cut
// short under a mapping would kill the process. Errors are FormatError without the file's name,
// which the caller knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace filigree::loader {

class File {
 public:
  // Throws when `path` cannot be opened or is not a regular file. Follows symbolic links.
  explicit File(const std::filesystem::path& path);
  // A file inside `folder`. `location` comes from an untrusted file: relative, '/' between
  // components, no "..", and neither the file nor a folder on the way below `folder` may be a
  // symbolic link.
  File(const std::filesystem::path& folder, const std::string& location);
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  File(File&& other) noexcept;
  File& operator=(File&&) = delete;
  ~File();

  std::uint64_t size() const noexcept { return size_; }
  // When it was opened. `modified`: nanoseconds since 1970.
  struct State {
    std::uint64_t device = 0, inode = 0;
    std::int64_t modified = 0;
  };
  const State& state() const noexcept { return state_; }
  // Fills `out` from `offset` on. Throws when the file ends before that.
  void read(std::uint64_t offset, std::span<std::byte> out) const;
  // Read-only pages, which outlive the File; `offset` is a multiple of a page, the range lies
  // inside of the file. Only for files that filigree made and never writes in place.
  std::shared_ptr<std::byte> map(std::uint64_t offset, std::size_t bytes) const;

 private:
  void check_regular();

  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  State state_;
};

// A whole file in memory that is not zeroed first.
struct FileBytes {
  std::unique_ptr<std::byte[]> data;
  std::size_t size = 0;

  std::span<const std::byte> span() const noexcept { return {data.get(), size}; }
};
FileBytes read_file(const std::filesystem::path& path);

}  // namespace filigree::loader
