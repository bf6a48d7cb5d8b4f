#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <system_error>

#include "loader/give_way.h"
#include "loader/packed_fields.h"
#include "loader/packed_file.h"
#include "loader/packed_header.h"
#include "loader/shared_tensors.h"

namespace filigree::loader {
namespace {

std::uint64_t rounded_up(std::uint64_t value, std::uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// As the reader decides it: BOOL is normalised when it is copied.
bool stored_apart(const Tensor& tensor) {
  return tensor.bytes().size() >= kLeastSharedBytes && tensor.type() != DataType::kBool;
}

struct Placed {
  PackedSection section;
  std::span<const std::byte> bytes;
};

// Fields as bytes, and the sections that they name by number.
class FieldWriter {
 public:
  static constexpr bool kReads = false;

  template <class T>
  void raw(T value) {
    // Not insert(): g++ 12 sees it write out of bounds when ThreadSanitizer is in between.
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
  }
  void count(std::size_t count) { raw(std::uint64_t{count}); }
  [[noreturn]] void fail(const std::string& what) const { throw std::logic_error(what); }

  void tensor(const Tensor& tensor) {
    auto type = tensor.type();
    field(*this, type, tensor.dims());
    if (stored_apart(tensor))
      section(tensor.bytes(), kPackedPage);
    else
      for (const std::byte byte : tensor.bytes()) raw(byte);
  }

  void weights(const kernels::PackedWeights& weights) {
    auto format = weights.format();
    choice(*this, format, kernels::kWeightFormats);
    for (const std::size_t size :
         {weights.rows(), weights.cols(), weights.view().chunk_cols, weights.nonzeros()})
      count(size);
    const std::vector<std::int32_t> sums(weights.row_sums().begin(), weights.row_sums().end());
    field(*this, sums);
    section(weights.storage(), kPackedAlignment);
  }

  const std::vector<std::byte>& bytes() const noexcept { return bytes_; }
  const std::vector<Placed>& sections() const noexcept { return sections_; }
  std::uint64_t end() const noexcept { return end_; }

 private:
  // The same memory is the same section.
  void section(std::span<const std::byte> bytes, std::uint64_t alignment) {
    const auto [known, fresh] = numbers_.emplace(bytes.data(), sections_.size());
    count(known->second);
    if (!fresh) return;
    const std::uint64_t offset = rounded_up(end_, alignment);
    sections_.push_back({{offset, bytes.size(), content_hash(bytes)}, bytes});
    end_ = offset + bytes.size();
  }

  std::vector<std::byte> bytes_;
  std::vector<Placed> sections_;
  std::map<const std::byte*, std::size_t> numbers_;
  std::uint64_t end_ = kPackedPage;
};

class NewFile {
 public:
  explicit NewFile(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) fail("cannot be created");
  }
  ~NewFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ::ssize_t put = ::pwrite(descriptor_, bytes.data(), std::min(bytes.size(), kPieceBytes),
                                     static_cast<::off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) fail("cannot be written");
      offset += static_cast<std::uint64_t>(put);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
      give_way();
    }
  }
  void finish() {
    if (::fdatasync(descriptor_) != 0) fail("cannot be written");
    if (::close(std::exchange(descriptor_, -1)) != 0) fail("cannot be closed");
  }

 private:
  [[noreturn]] static void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  int descriptor_;
};

}  // namespace

void write_packed(const std::filesystem::path& path, const Model& model,
                  const PackedSource& source) {
  FieldWriter of_model;
  field(of_model, model);
  FieldWriter fields;
  field(fields, source);
  std::vector<PackedSection> sections;
  for (const Placed& placed : of_model.sections()) sections.push_back(placed.section);
  field(fields, sections);
  std::vector<std::byte> bytes = fields.bytes();
  bytes.insert(bytes.end(), of_model.bytes().begin(), of_model.bytes().end());

  PackedHeader header;
  header.fields_offset = rounded_up(of_model.end(), kPackedAlignment);
  header.file_bytes = header.fields_offset + bytes.size();
  header.fields_hash = content_hash(bytes);
  const auto header_bytes = std::as_bytes(std::span(&header, 1));
  header.header_hash = content_hash(header_bytes.first(kHashedHeaderBytes));

  NewFile file(path);
  for (const Placed& placed : of_model.sections()) file.write(placed.section.offset, placed.bytes);
  file.write(header.fields_offset, bytes);
  file.write(0, header_bytes);
  file.finish();
}

}  // namespace filigree::loader
