#include "tools/samples/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "loader/graph.h"
#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

constexpr std::uint32_t kEndMagic = 0x06054b50;
constexpr std::uint32_t kDirectoryMagic = 0x02014b50;
constexpr std::uint32_t kLocalMagic = 0x04034b50;
constexpr std::size_t kEndBytes = 22, kDirectoryBytes = 46, kLocalBytes = 30;
constexpr std::size_t kMaxComment = 65535;
// One bit of deflate can stand for 258 bytes at most, twice in a byte (zlib's documentation:
// 1032:1).
constexpr std::size_t kMostDeflated = 1032;

class Archive {
 public:
  Archive(std::span<const std::byte> bytes, const std::string& where)
      : bytes_(bytes), where_(where) {}

  [[noreturn]] void fail(const std::string& message) const {
    throw InputError(where_ + ": " + message);
  }

  std::size_t size() const { return bytes_.size(); }

  std::span<const std::byte> take(std::size_t offset, std::size_t count, const char* what) const {
    if (offset > bytes_.size() || count > bytes_.size() - offset)
      fail(std::string(what) + " at offset " + std::to_string(offset) + " needs " +
           std::to_string(count) + " bytes, the archive has " + std::to_string(bytes_.size()));
    return bytes_.subspan(offset, count);
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& where_;
};

// Little-endian; requires offset + kBytes <= bytes.size().
template <std::size_t kBytes>
std::uint32_t number(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kBytes; ++i)
    value |= std::to_integer<std::uint32_t>(bytes[offset + i]) << (8 * i);
  return value;
}

struct DirectoryEntry {
  std::string name;
  std::uint32_t flags, method, sum, packed, size, local_offset;
};

// The end record is the last thing but a comment, which numpy does not write.
std::size_t end_offset(const Archive& archive) {
  if (archive.size() < kEndBytes) archive.fail("too short for a ZIP archive");
  const std::size_t last = archive.size() - kEndBytes;
  const std::size_t first = last > kMaxComment ? last - kMaxComment : 0;
  for (std::size_t at = last + 1; at-- > first;) {
    const auto end = archive.take(at, kEndBytes, "end of the directory");
    if (number<4>(end, 0) == kEndMagic && number<2>(end, 20) == last - at) return at;
  }
  archive.fail("not a ZIP archive: it has no directory");
}

DirectoryEntry directory_entry(const Archive& archive, std::size_t& at) {
  const auto head = archive.take(at, kDirectoryBytes, "directory entry");
  if (number<4>(head, 0) != kDirectoryMagic)
    archive.fail("no directory entry at offset " + std::to_string(at));
  const std::size_t name_bytes = number<2>(head, 28);
  const auto name = archive.take(at + kDirectoryBytes, name_bytes, "name of an entry");
  at += kDirectoryBytes + name_bytes + number<2>(head, 30) + number<2>(head, 32);
  return {.name = {reinterpret_cast<const char*>(name.data()), name.size()},
          .flags = number<2>(head, 8),
          .method = number<2>(head, 10),
          .sum = number<4>(head, 16),
          .packed = number<4>(head, 20),
          .size = number<4>(head, 24),
          .local_offset = number<4>(head, 42)};
}

std::vector<std::byte> inflated(std::span<const std::byte> packed, std::size_t size) {
  std::vector<std::byte> content(size);
  z_stream stream{};
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(content.data());
  stream.avail_out = static_cast<uInt>(content.size());
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  const int result = ::inflate(&stream, Z_FINISH);
  const bool whole = result == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 0;
  ::inflateEnd(&stream);
  if (!whole) content.clear();
  return content;
}

std::vector<std::byte> content_of(const Archive& archive, const DirectoryEntry& entry) {
  const std::string name = "entry " + loader::quoted_name(entry.name);
  if ((entry.flags & 1U) != 0) archive.fail(name + " is encrypted");
  if (entry.size > kMaxZipEntryBytes)
    archive.fail(name + " has " + std::to_string(entry.size) + " bytes, expected at most " +
                 std::to_string(kMaxZipEntryBytes));
  const auto local = archive.take(entry.local_offset, kLocalBytes, "local header");
  if (number<4>(local, 0) != kLocalMagic)
    archive.fail(name + " has no local header at offset " + std::to_string(entry.local_offset));
  const std::size_t data =
      std::size_t{entry.local_offset} + kLocalBytes + number<2>(local, 26) + number<2>(local, 28);
  const auto packed = archive.take(data, entry.packed, "content of an entry");
  std::vector<std::byte> content;
  if (entry.method == 0) {
    if (entry.packed != entry.size) archive.fail(name + " is stored with two different sizes");
    content.assign(packed.begin(), packed.end());
  } else if (entry.method == 8) {
    if (entry.size / kMostDeflated > entry.packed)
      archive.fail(name + " claims more bytes than it can hold");
    content = inflated(packed, entry.size);
    if (content.size() != entry.size) archive.fail(name + " is damaged: it does not inflate");
  } else {
    archive.fail(name + " uses compression method " + std::to_string(entry.method) +
                 ", expected 0 (stored) or 8 (deflated)");
  }
  const uLong sum =
      ::crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
  if (sum != entry.sum) archive.fail(name + " is damaged: its checksum is another");
  return content;
}

}  // namespace

std::vector<ZipEntry> read_zip(std::span<const std::byte> bytes, const std::string& where) {
  const Archive archive(bytes, where);
  const auto end = archive.take(end_offset(archive), kEndBytes, "end of the directory");
  if (number<2>(end, 4) != 0 || number<2>(end, 6) != 0 || number<2>(end, 8) != number<2>(end, 10))
    archive.fail("the archive has several parts");
  const std::size_t count = number<2>(end, 10);
  std::size_t at = number<4>(end, 16);
  if (count == 0xFFFF || at == 0xFFFFFFFF) archive.fail("the archive is ZIP64, expected ZIP");
  if (count > kMaxZipEntries)
    archive.fail(std::to_string(count) + " entries, expected at most " +
                 std::to_string(kMaxZipEntries));
  std::vector<ZipEntry> entries;
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const DirectoryEntry entry = directory_entry(archive, at);
    for (const ZipEntry& other : entries)
      if (other.name == entry.name)
        archive.fail("entry " + loader::quoted_name(entry.name) + " is there twice");
    // Entries may share bytes of the archive; what they hold together is bounded all the same.
    total += entry.size;
    if (total > kMaxZipEntryBytes)
      archive.fail("the entries hold more than " + std::to_string(kMaxZipEntryBytes) + " bytes");
    entries.push_back({entry.name, content_of(archive, entry)});
  }
  return entries;
}

}  // namespace filigree::tools
