// Reads one protobuf message from untrusted bytes: the only code that touches them. Every read is
// checked against the message's own length; what does not fit is a FormatError
//   <file>: offset N: <message> field 7: <found>, expected <expected>
// where N counts from the start of the file. Views point into the bytes that were given; nothing is
// allocated for them. Bytes may be those of a FileImage, which then reads what is looked at.
//
//   while (const auto field = reader.next_field()) {
//     switch (field->number) {
//       case 1: name = reader.text(*field); break;
//       default: reader.skip(*field);
//     }
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/file_image.h"

namespace filigree::loader {

class WireReader {
 public:
  enum class WireType : std::uint8_t {
    kVarint = 0,
    kFixed64 = 1,
    kBytes = 2,
    kStartGroup = 3,
    kEndGroup = 4,
    kFixed32 = 5
  };
  struct Field {
    std::uint32_t number = 0;
    WireType type = WireType::kVarint;
    std::uint64_t offset = 0;  // of the field's key
  };

  // `file` and `message` name the source in errors and must outlive the reader.
  WireReader(std::span<const std::byte> bytes, std::string_view file, std::string_view message,
             std::uint64_t offset = 0) noexcept
      : rest_(bytes), file_(file), message_(message), offset_(offset) {}
  // Of all bytes of `image`, which outlives the reader.
  WireReader(const FileImage& image, std::string_view file, std::string_view message) noexcept
      : image_(&image), rest_(image.span()), file_(file), message_(message), offset_(0) {}

  // Nullopt at the end of the message. Each field must then be read or skipped exactly once.
  std::optional<Field> next_field();

  // Values of a field. Each throws when the field's wire type is another.
  std::int64_t int64(const Field& field);
  std::int32_t int32(const Field& field);  // throws when the value does not fit
  float float32(const Field& field);
  std::span<const std::byte> bytes(const Field& field);
  // The same before they are looked at, which need() makes possible.
  struct Unread {
    std::span<const std::byte> bytes;
    std::uint64_t offset = 0;  // from the start of the file
  };
  Unread unread_bytes(const Field& field);
  void need(std::span<const std::byte> bytes) const {
    if (image_ != nullptr) image_->need(bytes);
  }
  // Null for bytes that are in memory anyway.
  const FileImage* image() const noexcept { return image_; }
  std::string text(const Field& field);
  WireReader message(const Field& field, std::string_view name);

  // One element of a repeated numeric field, or a packed run of them, appended to `values`.
  void append(const Field& field, std::vector<std::int64_t>& values);
  void append(const Field& field, std::vector<std::int32_t>& values);
  void append(const Field& field, std::vector<float>& values);
  void append(const Field& field, std::vector<double>& values);

  // Skips a value of any wire type, groups included.
  void skip(const Field& field);

  // Of the next unread byte, from the start of the file.
  std::uint64_t offset() const noexcept { return offset_; }
  std::string_view file() const noexcept { return file_; }

  [[noreturn]] void fail(const Field& field, const std::string& what) const;
  // The prefix of every message: "<file>: offset N: ".
  std::string position(std::uint64_t offset) const;

 private:
  WireReader(const FileImage* image, Unread part, std::string_view file,
             std::string_view message) noexcept
      : image_(image), rest_(part.bytes), file_(file), message_(message), offset_(part.offset) {}

  // Without need().
  std::span<const std::byte> take(const Field& field, std::uint64_t count);
  std::uint64_t varint(const Field& field);
  std::uint64_t fixed(const Field& field, std::size_t width);
  void expect(const Field& field, WireType type) const;
  void skip_group(const Field& field);
  template <class T, class Read>
  void append_each(const Field& field, WireType unpacked, std::vector<T>& values, Read read);

  const FileImage* image_ = nullptr;
  std::span<const std::byte> rest_;
  std::string_view file_;
  std::string_view message_;
  std::uint64_t offset_;
};

}  // namespace filigree::loader
