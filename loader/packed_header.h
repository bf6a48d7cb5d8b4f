// The first bytes of a packed file. Internal to the loader.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace filigree::loader {

// To be raised whenever a packed format, a field or the meaning of one changes;
// tests/loader/packed_bytes_test.cc has the hashes of the bytes of this version.
inline constexpr std::uint32_t kPackedVersion = 11;
inline constexpr std::array<char, 8> kPackedMagic = {'F', 'I', 'L', 'I', 'P', 'A', 'C', 'K'};
inline constexpr std::uint32_t kByteOrder = 0x01020304;
// Where the first section begins, and a multiple of which every section of a tensor begins at.
inline constexpr std::uint64_t kPackedPage = 4096;
inline constexpr std::uint64_t kPackedAlignment = 64;

struct PackedHeader {
  std::array<char, 8> magic = kPackedMagic;
  std::uint32_t version = kPackedVersion;
  std::uint32_t byte_order = kByteOrder;
  std::uint64_t file_bytes = 0;
  std::uint64_t fields_offset = 0;  // behind all sections; the fields end with the file
  std::uint64_t fields_hash = 0;
  std::uint64_t header_hash = 0;  // of everything before it
};

inline constexpr std::size_t kHashedHeaderBytes = offsetof(PackedHeader, header_hash);

}  // namespace filigree::loader
