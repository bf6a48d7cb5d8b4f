// Reads ZIP archives as numpy writes them (.npz): entries stored or deflated, one part, no
// encryption. Untrusted: every offset and size is checked against the archive before it is used,
// sizes that deflate cannot reach are refused before memory is asked for, and checksums are
// compared.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace filigree::tools {

struct ZipEntry {
  std::string name;
  std::vector<std::byte> content;
};

// No archive has more entries, and no entry is larger.
inline constexpr std::size_t kMaxZipEntries = 1024;
inline constexpr std::size_t kMaxZipEntryBytes = std::size_t{1} << 28;

// In the order of the directory. Throws InputError that begins with `where` and names the entry.
std::vector<ZipEntry> read_zip(std::span<const std::byte> archive, const std::string& where);

}  // namespace filigree::tools
