// Reader of the goldens of tests/golden/make_tokenizer_goldens.py, which describes the format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tokenizer/tokenizer.h"

namespace filigree::tokenizer {

inline std::filesystem::path source_path(std::string_view relative) {
  return std::filesystem::path(FILIGREE_SOURCE_DIR) / relative;
}

inline std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path.string() + ": cannot be opened");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline Tokenizer bundled_tokenizer() {
  return Tokenizer::from_folder(source_path("third_party/models/minilm6-squad-pruned80-int8"));
}

class GoldenReader {
 public:
  explicit GoldenReader(const std::filesystem::path& path) : bytes_(file_bytes(path)) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_.at(at_++));
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  }
  std::string text() {
    const auto size = static_cast<std::size_t>(number());
    if (size > bytes_.size() - at_) throw std::runtime_error("golden file ends inside a text");
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  // Without `sequence`.
  Encoding encoding() {
    Encoding encoding;
    std::int64_t previous = 0;
    for (std::uint64_t left = number(); left > 0; --left) {
      encoding.ids.push_back(static_cast<std::int32_t>(number()));
      encoding.type_ids.push_back(static_cast<std::int32_t>(number()));
      const auto zigzag = static_cast<std::int64_t>(number());
      const std::int64_t begin = previous + (zigzag % 2 == 0 ? zigzag / 2 : -(zigzag + 1) / 2);
      previous = begin + static_cast<std::int64_t>(number());
      encoding.offsets.push_back(
          {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(previous)});
    }
    return encoding;
  }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

// The CRC-32 of zlib, continued from `crc`.
std::uint32_t crc32(std::string_view bytes, std::uint32_t crc);

// The bytes that the script writes for an encoding.
std::string golden_bytes(const Encoding& encoding);

// One line for each token: id, token, type id, offsets.
std::string describe(const Tokenizer& tokenizer, const Encoding& encoding);

}  // namespace filigree::tokenizer
