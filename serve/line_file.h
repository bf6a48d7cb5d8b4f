// What lines of a log are written to: a file, a pipe, a terminal or a socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace filigree::serve {

// Never waits for a reader, never ends the process and never throws after construction: a line that
// cannot be written at once (a full disk, a full pipe, nobody who reads) is dropped and counted.
// Only a file system that hangs holds its caller. One thread at a time.
class LineFile {
 public:
  // 1 or 2, say; stays open.
  explicit LineFile(int descriptor) noexcept : descriptor_(descriptor) {}
  // Appends, so that others may move, copy and truncate the file meanwhile. Created with 0640.
  // Throws std::runtime_error: "PATH cannot be opened: No such file or directory".
  explicit LineFile(std::string path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // `lines` end with a line end. What is dropped are whole lines but for the first: of that a part
  // may have been written, and the next line begins behind a line end.
  void write(std::string_view lines) noexcept;

  // Opens the path again, which may be another file now. What was open stays in use when that does
  // not work: then the reason, else empty. Does nothing for a descriptor.
  std::string reopen();

  std::uint64_t dropped() const noexcept { return dropped_; }
  std::uint64_t take_dropped() noexcept { return std::exchange(dropped_, 0); }  // since last asked

 private:
  const std::string path_;  // empty for a descriptor
  int descriptor_;
  bool torn_ = false;  // the last line has no end
  std::uint64_t dropped_ = 0;
};

}  // namespace filigree::serve
