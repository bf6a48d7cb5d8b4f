// Protobuf bytes as a chain of pieces: small fields are copied, the bytes of tensors only referred
// to, so that writing a model needs no second copy of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::tools {

class WireWriter {
 public:
  void integer(std::uint32_t field, std::int64_t value);
  void number(std::uint32_t field, float value);
  void text(std::uint32_t field, std::string_view value);
  void integers(std::uint32_t field,
                std::span<const std::int64_t> values);               // packed; none: nothing
  void numbers(std::uint32_t field, std::span<const float> values);  // packed; none: nothing
  // `value` must outlive this writer and every one that takes this one in.
  void bytes(std::uint32_t field, std::span<const std::byte> value);
  void message(std::uint32_t field, WireWriter&& inner);
  // Whole fields as another writer made them, keys included. Must outlive as in bytes().
  void encoded(std::span<const std::byte> fields);

  std::size_t size() const noexcept { return size_; }
  // In order; valid while this writer is neither changed nor destroyed.
  std::vector<std::string_view> pieces() const;

 private:
  struct Piece {
    std::string copied;
    std::span<const std::byte> referred;  // after `copied`
  };

  std::string& open_piece();
  void append(std::string_view copied);
  void varint(std::uint64_t value);
  void key(std::uint32_t field, std::uint32_t wire_type);

  std::vector<Piece> pieces_;
  std::size_t size_ = 0;
};

}  // namespace filigree::tools
